"""Which decisions of the rules a configuration ever depends on.

A machine is built with rules that take note of which of their fields are
read. A field that was read neither while the machine was built nor while all
its states were explored cannot change anything there, so a mutant that gets
only such fields wrong need not be tried in that configuration.
"""

from dataclasses import fields
from typing import Any, TypeVar

from pullproof.model.machine import Machine
from pullproof.model.protocol.build import assemble
from pullproof.model.protocol.mutant import Mutant
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.rules import Rules, rules_for

Record = TypeVar("Record")


def watched_machine(params: Params) -> tuple[Machine, set[str]]:
    """Return a configuration's machine under its real rules, and the set that will fill."""
    seen: set[str] = set()
    rules = rules_for(params.minor)
    watched = Rules(_watched(rules.lookup, seen, "lookup"), _watched(rules.image, seen, "image"))
    return assemble(params, watched), seen


def fields_of(mutant: Mutant) -> frozenset[str]:
    """Return what a mutant gets wrong, spelled as `watched_machine` does."""
    return frozenset(
        [f"lookup.{name}" for name in mutant.lookup] + [f"image.{name}" for name in mutant.image]
    )


def _watched(record: Record, seen: set[str], side: str) -> Record:
    """Return an equal record that adds the fields that are read to `seen`."""
    kind: Any = type(record)
    names = {each.name: f"{side}.{each.name}" for each in fields(kind)}

    def read(self: Any, name: str) -> Any:
        if name in names:
            seen.add(names[name])
        return kind.__getattribute__(self, name)

    watching: Any = type(kind.__name__, (kind,), {"__slots__": (), "__getattribute__": read})
    copy: Record = object.__new__(watching)
    for name in names:
        object.__setattr__(copy, name, getattr(record, name))
    return copy
