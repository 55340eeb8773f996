"""Guards, effects and properties, each worked out once per what it looks at.

An event says what it may read; what it really read on one occasion is seen by
handing it a view that takes notes. As an event is a function of what it reads,
the notes of all occasions form a decision tree: which component it asks for
first, then, by that one's value, which next. A guard that refuses after one
look is so worked out once per value of one component.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
    View,
)

REFUSED = 0
"""Number of the outcome of a guard that refuses."""
Writes = tuple[tuple[int, int], ...]
"""Component and number of its new value."""
Judge = Callable[[View, Event, Effect], bool]


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
        self._insert(ids, dict(notes.asked), number)
        return number, decided

    def _insert(self, ids: Sequence[int], asked: dict[int, None], number: int) -> None:
        """Add a leaf below the questions that are there, then those asked just now.

        A branch may test what was not asked for this time (a property that is
        settled asks no more): it then tells apart more than it must, never less.
        """
        below: dict[int, Node | int] | None = None
        value, node = 0, self.tree
        while isinstance(node, Node):
            asked.pop(node.position, None)
            below, value = node.branches, ids[node.position]
            node = below.get(value)
        added: Node | int = number
        for position in reversed(asked):
            above = Node(position)
            above.branches[ids[position]] = added
            added = above
        if below is None:
            self.tree = added
        else:
            below[value] = added


class Evaluator:
    """Everything a machine's events and properties say, by number."""

    def __init__(self, machine: Machine, tables: Tables) -> None:
        self.machine = machine
        self.tables = tables
        self.outcomes: list[list[Writes]] = [[()] for _ in machine.events]
        """Per event: outcome number to what it writes; number 0 is refusal."""
        self._known: list[dict[Writes, int]] = [{} for _ in machine.events]
        self._open = set(range(len(machine.properties)))
        """Properties that are not decided yet."""
        self._watching: dict[tuple[str, ...], list[tuple[int, bool, Judge]]] = {}
        """By kind of event and of its observations: what is to be judged."""
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

    def settle(self, properties: Collection[int]) -> None:
        """Look no more at properties that are decided."""
        if not self._open.isdisjoint(properties):
            self._open.difference_update(properties)
            self._watching.clear()

    def _judges(self, kind: str, seen: tuple[str, ...]) -> list[tuple[int, bool, Judge]]:
        """Return what is to be judged in an event with such observations."""
        found = self._watching[kind, *seen] = [
            (i, each.promise is Promise.SOMETIMES, each.holds)
            for i, each in enumerate(self.machine.properties)
            if i in self._open
            and isinstance(each, StepProperty)
            and (not each.kinds or kind in each.kinds)
            and (not each.observes or not set(seen).isdisjoint(each.observes))
        ]
        return found

    def _event(self, number: int, event: Event) -> Question:
        kind, watching = event.kind, self._watching

        def answer(notes: Notes) -> tuple[int, tuple[int, ...]]:
            result = event.apply(notes)
            if result is None:
                return REFUSED, ()
            outcome = self._outcome(number, event, result)
            seen = tuple([each.kind for each in result.observations])
            judges = watching.get((kind, *seen))
            if judges is None:
                judges = self._judges(kind, seen)
            decided = [i for i, wanted, holds in judges if holds(notes, event, result) == wanted]
            return outcome, tuple(decided)

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
