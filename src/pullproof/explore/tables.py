"""Values of components as small integers, and their renamings as tables.

Components that a symmetry exchanges share one table, so that a number means
the same value in each of them. Tables are closed under renaming: a value
comes with all values it is renamed to.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pullproof.explore.symmetry import Permutation
from pullproof.model.machine import Machine, Value

Ids = tuple[int, ...]
"""A state, or a projection of one: a value's number per component."""


class Tables:
    """The values seen so far. Numbers never change."""

    def __init__(self, machine: Machine, permutations: Sequence[Permutation] = ()) -> None:
        self.components = machine.components
        self.permutations = tuple(permutations)
        self.names = tuple(component.name for component in machine.components)
        self.index: Mapping[str, int] = {name: i for i, name in enumerate(self.names)}
        self.family = self._families()
        """Component to the lowest component that shares its table."""
        size = len(self.names)
        own_values: list[list[Value]] = [[] for _ in range(size)]
        own_ids: list[dict[Value, int]] = [{} for _ in range(size)]
        self.values = [own_values[self.family[i]] for i in range(size)]
        self._ids = [own_ids[self.family[i]] for i in range(size)]
        own_renamed = [[list[int]() for _ in range(size)] for _ in self.permutations]
        self.renamed = [[own[self.family[i]] for i in range(size)] for own in own_renamed]
        """Permutation, component and number to the number of the renamed value."""
        self.grown = 0
        """How many values were added to any table."""
        self.initial: Ids = tuple(
            self.intern(i, component.initial) for i, component in enumerate(machine.components)
        )

    def _families(self) -> tuple[int, ...]:
        """Components of one orbit; the permutations are a group, so one step is enough."""
        return tuple(
            min([i, *(permutation.target[i] for permutation in self.permutations)])
            for i in range(len(self.names))
        )

    def intern(self, component: int, value: Value) -> int:
        """Return the number of a value, new or known."""
        ids = self._ids[component]
        number = ids.get(value)
        if number is not None:
            return number
        number = ids[value] = len(ids)
        self.values[component].append(value)
        self.grown += 1
        for per_component in self.renamed:
            per_component[component].append(-1)
        rename = self.components[component].rename
        for permutation, per_component in zip(self.permutations, self.renamed, strict=True):
            other = value if rename is None else rename(value, permutation.renaming)
            per_component[component][number] = self.intern(component, other)
        return number

    def counts(self) -> list[int]:
        """Return the number of values per component."""
        return [len(values) for values in self.values]

    def state(self, ids: Ids) -> dict[str, Any]:
        """Return a state's values by component name."""
        return {
            name: values[number]
            for name, values, number in zip(self.names, self.values, ids, strict=True)
        }

    def ids(self, state: Mapping[str, Value]) -> Ids:
        """Return a state's numbers; new values are added."""
        return tuple(self.intern(i, state[name]) for i, name in enumerate(self.names))

    def orbit(self, ids: Ids) -> int:
        """Return how many states renaming makes of this one, itself included."""
        images = [self._image(ids, number) for number in range(len(self.permutations))]
        return (len(self.permutations) + 1) // (1 + images.count(ids))

    def _image(self, ids: Ids, permutation: int) -> Ids:
        target, tables = self.permutations[permutation].target, self.renamed[permutation]
        other = [0] * len(ids)
        for i, number in enumerate(ids):
            other[target[i]] = tables[i][number]
        return tuple(other)

    def canonical(self, ids: Ids) -> Ids:
        """Return the least of the states that renaming makes of this one."""
        images = (self._image(ids, number) for number in range(len(self.permutations)))
        return min([ids, *images])
