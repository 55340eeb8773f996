"""What the search needs of an engine, and the engine in plain Python.

Both engines take the states of a level in pieces of `CHUNK`, and within a
piece event by event in declaration order. So they number states alike, find
the same first counterexample, and can be compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from pullproof.explore.evaluate import REFUSED, Evaluator
from pullproof.explore.tables import Ids, Tables

CHUNK = 1 << 15
"""States taken at a time: their arrays fit a core's cache."""
NO_EVENT = -1


class Numbers(Protocol):
    """Integers by position: a list, or an array of either kind."""

    def __len__(self) -> int: ...

    def __getitem__(self, position: int, /) -> Any: ...


@dataclass(slots=True)
class Hit:
    """A property decided: violated, or witnessed."""

    property: int
    position: int
    """In the level: of the state before the event, or of the state itself."""
    event: int = NO_EVENT


@dataclass(slots=True)
class Expansion:
    """What came of one piece of a level."""

    parents: Numbers
    """Position in the level, per new state."""
    events: Numbers
    """Event that led to each new state."""
    transitions: list[int]
    """Number of transitions per event."""
    terminal: int
    """States without any."""
    unreduced: int = 0
    """How many states the new ones stand for: those of their orbits."""
    step_hits: list[Hit] = field(default_factory=list[Hit])
    state_hits: list[Hit] = field(default_factory=list[Hit])
    """Positions are in the next level."""


class Engine(Protocol):
    """Holds the visited states and two levels: the frontier and what follows it."""

    @property
    def words(self) -> int:
        """Return how many 64-bit words a state needs; 0 without numpy."""
        ...

    @property
    def size(self) -> int:
        """Number of states in the frontier."""
        ...

    def begin(self) -> list[Hit]:
        """Make the initial state the frontier."""
        ...

    def expand(self, start: int, stop: int) -> Expansion:
        """Take all events in a piece of the frontier."""
        ...

    def advance(self) -> None:
        """Make the next level the frontier."""
        ...

    def growth(self) -> int:
        """Return how many bytes the next piece may newly take."""
        ...

    def columns(self) -> Any:
        """Return the frontier for a checkpoint."""
        ...

    def adopt(self, columns: Any) -> None:
        """Take a level of a checkpoint as visited, and as the frontier."""
        ...

    def projections(self, components: Ids, seen: set[Ids]) -> Iterable[tuple[int, Ids]]:
        """Add the frontier's projections to `seen`; yield new ones and where they were first."""
        ...


class PlainEngine:
    """Tuples in a set. For where numpy is not installed."""

    words = 0

    def __init__(self, tables: Tables, evaluator: Evaluator) -> None:
        self._tables = tables
        self._evaluator = evaluator
        self._visited: set[Ids] = set()
        self._frontier: list[Ids] = []
        self._following: list[Ids] = []

    @property
    def size(self) -> int:
        return len(self._frontier)

    def begin(self) -> list[Hit]:
        first = self._tables.canonical(self._tables.initial)
        self._visited.add(first)
        self._frontier = [first]
        return self._judge(first, 0)

    def _judge(self, state: Ids, position: int) -> list[Hit]:
        hits: list[Hit] = []
        for question in self._evaluator.properties.values():
            for decided in question.find([state[i] for i in question.reads])[1]:
                hits.append(Hit(decided, position))
        return hits

    def expand(self, start: int, stop: int) -> Expansion:
        piece = self._frontier[start:stop]
        possible = [False] * len(piece)
        events = range(len(self._evaluator.events))
        parents, led = list[int](), list[int]()
        made = Expansion(parents, led, [0] * len(events), 0)
        for event in events:
            new = self._take(event, piece, start, possible, made)
            parents += new
            led += [event] * len(new)
        made.terminal = possible.count(False)
        return made

    def _take(
        self, event: int, piece: list[Ids], start: int, possible: list[bool], made: Expansion
    ) -> list[int]:
        """Take one event wherever it is possible; return parents of new states."""
        parents: list[int] = []
        question, outcomes = self._evaluator.events[event], self._evaluator.outcomes[event]
        for i, state in enumerate(piece):
            number, decided = question.find([state[c] for c in question.reads])
            made.step_hits.extend(Hit(each, start + i, event) for each in decided)
            if number == REFUSED:
                continue
            possible[i] = True
            made.transitions[event] += 1
            changed = list(state)
            for component, value in outcomes[number]:
                changed[component] = value
            new = self._tables.canonical(tuple(changed))
            if new in self._visited:
                continue
            self._visited.add(new)
            made.state_hits.extend(self._judge(new, len(self._following)))
            self._following.append(new)
            made.unreduced += self._tables.orbit(new)
            parents.append(start + i)
        return parents

    def advance(self) -> None:
        self._frontier, self._following = self._following, []

    def growth(self) -> int:
        return 0

    def columns(self) -> Any:
        raise NotImplementedError("checkpoints need numpy")

    def adopt(self, columns: Any) -> None:
        raise NotImplementedError("checkpoints need numpy")

    def projections(self, components: Ids, seen: set[Ids]) -> Iterable[tuple[int, Ids]]:
        for position, state in enumerate(self._frontier):
            projection = tuple(state[i] for i in components)
            if projection not in seen:
                seen.add(projection)
                yield position, projection
