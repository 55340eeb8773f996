"""The queue: scenarios worth changing, the rarest and quickest first.

A scenario is kept if it showed a feature nobody showed before. Its energy, the
number of changed copies it is good for before its next turn, grows with how
rare its features are and falls with the time it takes and with turns that
brought nothing.
"""

import random
from dataclasses import dataclass, field

from pullproof.model.scenario import Scenario

MOST_ENERGY = 24
_WARM_UP = 8


@dataclass(slots=True, eq=False)
class Entry:
    """A kept scenario."""

    scenario: Scenario
    features: frozenset[int]
    seconds: float
    """One performance of it."""
    turns: int = 0
    found: int = 0
    """Kept scenarios that were made from it."""


@dataclass(slots=True)
class Queue:
    """Entries and what they show."""

    entries: list[Entry] = field(default_factory=list[Entry])
    seen: dict[int, int] = field(default_factory=dict[int, int])
    """Feature to the number of runs that showed it."""
    volatile: set[int] = field(default_factory=set[int])
    """Features that the same scenario shows one time and not the next."""
    looks: int = 0
    stable: float = 0.0
    """Sum over `looks` of the share of features that came again."""

    def new(self, features: frozenset[int]) -> frozenset[int]:
        """Count `features`; return those never seen before."""
        fresh: list[int] = []
        for number in features:
            count = self.seen.get(number, 0)
            if not count:
                fresh.append(number)
            self.seen[number] = count + 1
        return frozenset(fresh) - self.volatile

    def looked_again(self, first: frozenset[int], again: frozenset[int]) -> None:
        """Learn from performing one scenario twice."""
        self.looks += 1
        both = len(first | again)
        self.stable += len(first & again) / both if both else 1.0
        self.volatile |= first ^ again

    @property
    def stability(self) -> float:
        """Share of features that come again with the same scenario; 1 if unknown."""
        return self.stable / self.looks if self.looks else 1.0

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)

    def pick(self, draw: random.Random) -> Entry:
        """Return the next entry for a turn: one of three drawn, the most promising."""
        candidates = [draw.choice(self.entries) for _ in range(3)]
        return max(candidates, key=self.promise)

    def promise(self, entry: Entry) -> float:
        """Return how much a turn of `entry` promises, above 0."""
        rare = sum(1.0 / self.seen.get(number, 1) for number in entry.features)
        worth = (0.05 + rare) * (1 + entry.found) / (1 + entry.turns)
        return worth / (0.02 + entry.seconds)

    def energy(self, entry: Entry) -> int:
        """Return how many changed copies one turn of `entry` makes."""
        if entry.turns == 0:
            return _WARM_UP
        base = 4 * (1 + entry.found) / (1 + entry.turns / 4)
        return max(1, min(MOST_ENERGY, int(base)))
