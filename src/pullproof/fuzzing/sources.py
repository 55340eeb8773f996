"""Where scenarios come from, and how they are shared out among shards.

Every source yields only what belongs to its shard, and what belongs to no other
one: the tours and proposals by their number, mutations by what they are. So any
number of machines can work on one provider without asking each other.
"""

import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pullproof.checks.check import Check
from pullproof.fuzzing.mutate import Mutator
from pullproof.fuzzing.queue import Entry, Queue
from pullproof.fuzzing.tours import Machine, tours
from pullproof.fuzzing.vocabulary import is_quick, proposed
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of the work of `count`."""

    index: int = 0
    count: int = 1

    def part(self, index: int, count: int) -> "Shard":
        """Return part `index` of `count` of this one."""
        return Shard(self.index + self.count * index, self.count * count)

    def has(self, number: int) -> bool:
        return number % self.count == self.index

    def owns(self, scenario: Scenario) -> bool:
        """Whether `scenario` belongs to this shard, whoever made it."""
        return self.count == 1 or self.has(digest(scenario))


def digest(scenario: Scenario) -> int:
    """Return a number that depends on what is done, not on labels; the same everywhere."""
    return zlib.crc32(repr((scenario.check, scenario.steps)).encode("utf-8", "backslashreplace"))


@dataclass(frozen=True, slots=True)
class Made:
    """A scenario and where it is from."""

    scenario: Scenario
    source: str
    parent: Entry | None = None


class Source(Protocol):
    """Yields scenarios for one shard; may end."""

    @property
    def name(self) -> str: ...

    def __iter__(self) -> Iterator[Made]: ...


@dataclass(frozen=True, slots=True)
class Tours:
    """Every event and every transition of the setup's machine, once."""

    machine: Machine
    shard: Shard
    name: str = "tour"

    def __iter__(self) -> Iterator[Made]:
        for scenario in tours(self.machine, shard=self.shard.index, shards=self.shard.count):
            yield Made(scenario, self.name)


@dataclass(frozen=True, slots=True)
class Proposals:
    """What the checks themselves would try, with more and more seeds."""

    setup: Setup
    checks: Sequence[Check]
    seed: int
    shard: Shard
    name: str = "proposal"

    def __iter__(self) -> Iterator[Made]:
        quick = [check for check in self.checks if not check.slow]
        seen: set[int] = set()
        for example in range(1_000_000):
            before = len(seen)
            for number, check in enumerate(quick):
                if not self.shard.has(number + example):
                    continue
                scenario = proposed(self.setup, check, f"{self.seed}/{check.id}/{example}")
                key = digest(scenario)
                if key not in seen and is_quick(scenario):
                    seen.add(key)
                    yield Made(scenario, self.name)
            if len(seen) == before and example > 200:
                return  # generators draw from small sets: nothing new will come


@dataclass(slots=True)
class Mutations:
    """Changed copies of what is in the queue. Never ends."""

    mutator: Mutator
    queue: Queue
    shard: Shard
    draw: random.Random
    name: str = "mutation"

    def __iter__(self) -> Iterator[Made]:
        while True:
            if not self.queue.entries:
                yield Made(self.mutator.fresh(), self.name)
                continue
            entry = self.queue.pick(self.draw)
            energy = self.queue.energy(entry)
            entry.turns += 1
            for _ in range(energy):
                other = self.draw.choice(self.queue.entries).scenario
                made = self.mutator.mutate(entry.scenario, other)
                # Of so many changes some belong to us.
                for _ in range(4 * self.shard.count):
                    if self.shard.owns(made) and is_quick(made):
                        yield Made(made, self.name, entry)
                        break
                    made = self.mutator.mutate(entry.scenario, other)


@dataclass(slots=True)
class Mixed:
    """Several sources by weight; those that end are left out from then on."""

    sources: Sequence[tuple[Source, float]]
    draw: random.Random

    def __iter__(self) -> Iterator[Made]:
        live = [(iter(source), weight) for source, weight in self.sources]
        while live:
            at = self.draw.choices(range(len(live)), [weight for _, weight in live])[0]
            try:
                yield next(live[at][0])
            except StopIteration:
                del live[at]
