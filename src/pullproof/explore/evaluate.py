"""Guards, effects and properties, each worked out once per what it looks at.

An event says what it may read; what it really read on one occasion is seen by
handing it a view that takes notes. As an event is a function of what it reads,
the notes of all occasions form a decision tree: which component it asks for
first, then, by that one's value, which next. A guard that refuses after one
look is so worked out once per value of one component.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pullproof.explore.tables import Ids, Tables
from pullproof.model.machine import (
    Effect,
    Event,
    Machine,
    Promise,
    StateProperty,
    StepProperty,
    Value,
)

REFUSED = 0
"""Number of the outcome of a guard that refuses."""
Writes = tuple[tuple[int, int], ...]
"""Component and number of its new value."""


class Node:
    """A component that is asked for (as an index into the reads), and what follows."""

    __slots__ = ("branches", "position")

    def __init__(self, position: int) -> None:
        self.position = position
        self.branches: dict[int, Node | int] = {}


class Notes(Mapping[str, Any]):
    """A view of one state that notes what is asked for, and in which order."""

    __slots__ = ("_ids", "_positions", "_values", "asked")

    def __init__(
        self, positions: Mapping[str, int], values: Sequence[list[Value]], ids: Sequence[int]
    ) -> None:
        self._positions = positions
        self._values = values
        self._ids = ids
        self.asked: dict[int, None] = {}

    def __getitem__(self, name: str) -> Any:
        position = self._positions[name]
        self.asked[position] = None
        return self._values[position][self._ids[position]]

    def get(self, key: str, default: Any = None, /) -> Any:
        return self[key] if key in self._positions else default

    def __contains__(self, name: object) -> bool:
        return name in self._positions

    def __iter__(self) -> Iterator[str]:
        return iter(self._positions)

    def __len__(self) -> int:
        return len(self._positions)


@dataclass(slots=True)
class Question:
    """Something to be worked out from declared reads: an event or a state property."""

    reads: Ids
    """Components, ascending."""
    positions: Mapping[str, int]
    values: list[list[Value]]
    answer: Callable[[Notes], tuple[int, tuple[int, ...]]]
    """Number of the answer, and the properties that it decides."""
    tree: Node | int | None = None
    worked_out: int = 0
    asked: set[int] = field(default_factory=set[int])
    """Positions that were ever asked for."""

    def find(self, ids: Sequence[int]) -> tuple[int, tuple[int, ...]]:
        """Return the answer, and the properties decided if it was worked out just now."""
        known = self.known(ids)
        return (known, ()) if known is not None else self.work_out(ids)

    def known(self, ids: Sequence[int]) -> int | None:
        node = self.tree
        while isinstance(node, Node):
            node = node.branches.get(ids[node.position])
        return node

    def work_out(self, ids: Sequence[int]) -> tuple[int, tuple[int, ...]]:
        """Ask, and add the answer to the tree."""
        notes = Notes(self.positions, self.values, ids)
        number, decided = self.answer(notes)
        self.worked_out += 1
        self.asked.update(notes.asked)
        path = list(notes.asked)
        if not path:
            self.tree = number
            return number, decided
        if self.tree is None:
            self.tree = Node(path[0])
        node = self.tree
        for here, following in zip(path, path[1:], strict=False):
            assert isinstance(node, Node), _IMPURE
            assert node.position == here, _IMPURE
            node = node.branches.setdefault(ids[here], Node(following))
        assert isinstance(node, Node), _IMPURE
        assert node.position == path[-1], _IMPURE
        node.branches[ids[path[-1]]] = number
        return number, decided


_IMPURE = (
    "an event or property looked at different components on the same values: it depends on "
    "something that is not part of the state, or on the order of a set"
)


class Evaluator:
    """Everything a machine's events and properties say, by number."""

    def __init__(self, machine: Machine, tables: Tables) -> None:
        self.machine = machine
        self.tables = tables
        self.outcomes: list[list[Writes]] = [[()] for _ in machine.events]
        """Per event: outcome number to what it writes; number 0 is refusal."""
        self._known: list[dict[Writes, int]] = [{} for _ in machine.events]
        self.events = [self._event(i, event) for i, event in enumerate(machine.events)]
        self.properties = {
            i: self._state_property(i, each)
            for i, each in enumerate(machine.properties)
            if isinstance(each, StateProperty)
        }

    def question(
        self, reads: Sequence[str], answer: Callable[[Notes], tuple[int, tuple[int, ...]]]
    ) -> Question:
        """Return a question about the named components."""
        components = tuple(sorted({self.tables.index[name] for name in reads}))
        unique = [self.tables.names[component] for component in components]
        values = [self.tables.values[component] for component in components]
        return Question(components, {name: i for i, name in enumerate(unique)}, values, answer)

    def _event(self, number: int, event: Event) -> Question:
        watching = [
            (i, each)
            for i, each in enumerate(self.machine.properties)
            if isinstance(each, StepProperty) and (not each.kinds or event.kind in each.kinds)
        ]

        def answer(notes: Notes) -> tuple[int, tuple[int, ...]]:
            result = event.apply(notes)
            if result is None:
                return REFUSED, ()
            outcome = self._outcome(number, event, result)
            decided = tuple(
                i
                for i, each in watching
                if bool(each.holds(notes, event, result)) is (each.promise is Promise.SOMETIMES)
            )
            return outcome, decided

        return self.question(event.reads, answer)

    def _outcome(self, number: int, event: Event, result: Effect) -> int:
        undeclared = [name for name, _ in result.writes if name not in event.writes]
        if undeclared:
            raise AssertionError(f"{event.name} writes {undeclared} without declaring it")
        index, intern = self.tables.index, self.tables.intern
        writes = tuple((index[name], intern(index[name], value)) for name, value in result.writes)
        known = self._known[number]
        if writes not in known:
            self.outcomes[number].append(writes)
            known[writes] = len(known) + 1
        return known[writes]

    def _state_property(self, number: int, each: StateProperty) -> Question:
        wanted = each.promise is Promise.SOMETIMES

        def answer(notes: Notes) -> tuple[int, tuple[int, ...]]:
            return 0, (number,) if bool(each.holds(notes)) is wanted else ()

        return self.question(each.reads, answer)

    def successor(self, event: int, state: Ids) -> Ids | None:
        """Return the state after an event, or None if the guard refuses."""
        question = self.events[event]
        number = question.find([state[i] for i in question.reads])[0]
        if number == REFUSED:
            return None
        changed = list(state)
        for component, value in self.outcomes[event][number]:
            changed[component] = value
        return tuple(changed)
