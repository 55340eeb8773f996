"""Which exchanges of names leave a machine as it is.

A permutation of a machine's interchangeable names is used only if its
structure shows it: initial values, components, events and properties must map
to each other. What this cannot see is a guard that treats one name specially,
or a value that holds names without a `rename`; so counts and verdicts with
and without the reduction are compared in tests.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations, product
from typing import Any

from pullproof.model.machine import LivenessProperty, Machine, StateProperty

_SEPARATORS = re.compile(r"([:,()|@/ ]+)")
LARGEST_GROUP = 720
"""More permutations than this cost more than they save."""


@dataclass(frozen=True, slots=True)
class Permutation:
    """An exchange of names, and where it puts each component."""

    renaming: Mapping[str, str]
    target: tuple[int, ...]
    """Index of a component to the index of the one it becomes."""


def renamed(name: str, renaming: Mapping[str, str]) -> str:
    """Return the name of a component or argument with the names in it exchanged."""
    if name in renaming:
        return renaming[name]
    return "".join(renaming.get(part, part) for part in _SEPARATORS.split(name))


def symmetries(machine: Machine) -> tuple[Permutation, ...]:
    """Return the permutations that map the machine to itself, without the identity.

    Empty if there are more than `LARGEST_GROUP`.
    """
    candidates = list(_renamings(machine.symmetric))
    if len(candidates) > LARGEST_GROUP:
        return ()
    structure = _Structure(machine)
    found = (structure.permutation(renaming) for renaming in candidates)
    return tuple(each for each in found if each is not None)


def _renamings(groups: Iterable[tuple[str, ...]]) -> Iterator[dict[str, str]]:
    choices = [
        [dict(zip(group, order, strict=True)) for order in permutations(group)] for group in groups
    ]
    for choice in product(*choices):
        renaming = {old: new for part in choice for old, new in part.items()}
        if any(old != new for old, new in renaming.items()):
            yield renaming


class _Structure:
    """What must stay the same."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.index = {component.name: i for i, component in enumerate(machine.components)}
        self.events = self._events(lambda name: name)
        self.properties = self._properties(lambda name: name)

    def permutation(self, renaming: Mapping[str, str]) -> Permutation | None:
        """Return the permutation, or None if it changes the machine."""

        def change(name: str) -> str:
            return renamed(name, renaming)

        target = [self.index.get(change(c.name)) for c in self.machine.components]
        places = [place for place in target if place is not None]
        if len(set(places)) != len(target):
            return None
        if self._events(change) != self.events or self._properties(change) != self.properties:
            return None
        for component, place in zip(self.machine.components, places, strict=True):
            other = self.machine.components[place]
            value = component.initial
            if component.rename is not other.rename:
                return None
            if component.rename is not None:
                value = component.rename(value, renaming)
            if value != other.initial:
                return None
        return Permutation(renaming, tuple(places))

    def _events(self, change: Callable[[str], str]) -> frozenset[Any]:
        return frozenset(
            (
                event.kind,
                tuple(change(arg) for arg in event.args),
                frozenset(change(name) for name in event.reads),
                frozenset(change(name) for name in event.writes),
            )
            for event in self.machine.events
        )

    def _properties(self, change: Callable[[str], str]) -> frozenset[Any]:
        return frozenset(
            (change(each.id), frozenset(change(name) for name in each.reads))
            for each in self.machine.properties
            if isinstance(each, StateProperty | LivenessProperty)
        )
