"""All wrong implementations of both sides, each a named delta to the rules.

Automatic mutants set one field of a rules record to one wrong value. Those
with history set the fields that a known bug or a natural mistake would. A
machine built with one must violate some property, or lose some occasion; one
that cannot be told apart carries the reason why.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from pullproof.model.protocol.image_mutants import EQUIVALENT as IMAGE_EQUIVALENT
from pullproof.model.protocol.image_mutants import MUTANTS as IMAGE_MUTANTS
from pullproof.model.protocol.image_rules import ImageRules
from pullproof.model.protocol.lookup_mutants import EQUIVALENT as LOOKUP_EQUIVALENT
from pullproof.model.protocol.lookup_mutants import MUTANTS as LOOKUP_MUTANTS
from pullproof.model.protocol.mutant import Mutant
from pullproof.model.protocol.rules import Deviation, LookupRules, deviations


class UnknownMutant(KeyError):
    """No mutant has this id."""


@cache
def all_mutants() -> Mapping[str, Mutant]:
    """Return every mutant by id: automatic ones first, then the others."""
    found: dict[str, Mutant] = {}
    for mutant in (*_automatic(), *LOOKUP_MUTANTS, *IMAGE_MUTANTS):
        if mutant.id in found:
            raise ValueError(f"two mutants are called {mutant.id!r}")
        found[mutant.id] = mutant
    return MappingProxyType(found)


def mutant(id: str) -> Mutant:
    """Return one mutant.

    Raises:
        UnknownMutant: no mutant has this id.
    """
    try:
        return all_mutants()[id]
    except KeyError:
        raise UnknownMutant(id) from None


def _automatic() -> Iterator[Mutant]:
    for deviation in deviations("lookup", LookupRules):
        yield _of(deviation, LOOKUP_EQUIVALENT)
    for deviation in deviations("image", ImageRules):
        yield _of(deviation, IMAGE_EQUIVALENT)


def _of(deviation: Deviation, equivalent: Mapping[str, str]) -> Mutant:
    delta = MappingProxyType({deviation.name: deviation.value})
    nothing: Mapping[str, object] = MappingProxyType({})
    return Mutant(
        deviation.id,
        deviation.rules[0] if deviation.rules else "",
        deviation.prose,
        "automatic",
        delta if deviation.side == "lookup" else nothing,
        delta if deviation.side == "image" else nothing,
        equivalent.get(deviation.id.removeprefix("image/"), ""),
    )
