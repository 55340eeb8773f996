"""Every property of the machines of a scope, told once, whichever machines have it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from pullproof.model.machine import (
    LivenessProperty,
    Machine,
    Promise,
    Property,
    StateProperty,
)
from pullproof.model.protocol import image_properties
from pullproof.model.protocol.build import build
from pullproof.model.protocol.holds import WITNESS, family, holds_from
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.promises import is_promise_only
from pullproof.model.protocol.rules import rules_for
from pullproof.model.protocol.scopes import SCOPES

SCOPE = "ci"
LOOKUP, IMAGE = "lookup", "image"
STATE, STEP, LIVENESS, POSSIBILITY = "state", "step", "liveness", "possibility"


@dataclass(frozen=True, slots=True)
class Described:
    """One property, without the names of configurations."""

    id: str
    prose: str
    rules: tuple[str, ...]
    side: str
    """`lookup` or `image`."""
    kind: str
    """`state` and `step` (safety), `liveness`; `possibility` if it is a *sometimes* alone."""

    @property
    def is_promise_only(self) -> bool:
        return is_promise_only(self.id)

    @property
    def is_always(self) -> bool:
        return self.kind != POSSIBILITY

    @property
    def holds_from(self) -> int:
        return holds_from(self.id)

    def is_about(self, rule: str) -> bool:
        """Return whether this says what a rule or invariant says, or a part of it."""
        own = self.id.partition("/")[0]
        return rule in self.rules or own == rule or own[:-1] == rule


@cache
def all_properties() -> Mapping[str, Described]:
    """Return the properties of the `ci` scope by id, in order of first appearance."""
    return described(SCOPES[SCOPE])


def described(configurations: Iterable[Params]) -> Mapping[str, Described]:
    """Return the properties of some configurations by id."""
    found: dict[str, Described] = {}
    alone: dict[str, Described] = {}
    for params in configurations:
        machine = build(params)
        of_images = _of_images(params)
        for each in machine.properties:
            side = IMAGE if each.id in of_images else LOOKUP
            told = Described(family(each.id), _prose(each), each.rules, side, _kind(each))
            (found if told.is_always else alone).setdefault(told.id, told)
    return found | {id_: each for id_, each in alone.items() if id_ not in found}


def members(machine: Machine, id_: str) -> frozenset[str]:
    """Return the ids under which a machine has a property, witnesses left out."""
    return frozenset(
        each.id
        for each in machine.properties
        if family(each.id) == id_ and not each.id.endswith(WITNESS)
    )


def _of_images(params: Params) -> frozenset[str]:
    if params.image is None:
        return frozenset()
    return frozenset(p.id for p in image_properties.properties(params, rules_for(params.minor)))


def _kind(each: Property) -> str:
    if isinstance(each, LivenessProperty):
        return LIVENESS
    if each.promise is Promise.SOMETIMES:
        return POSSIBILITY
    return STATE if isinstance(each, StateProperty) else STEP


def _prose(each: Property) -> str:
    """Return a property's prose with names of one configuration made general."""
    if family(each.id) == each.id.removesuffix(WITNESS):
        return each.prose
    name = each.id.removesuffix(WITNESS).replace("/", ":").split(":")
    thing = name[-1] if name[0].startswith("L-") else name[2]
    return each.prose.replace(f"a {thing}", "a pod").replace(thing, _GENERAL[family(each.id)])


_GENERAL: Mapping[str, str] = {"L-01": "a pod", "L-50": "a pod", "L-51": "an image", "K-153": "pod"}
"""What stands in prose for the name that an id ends in."""
