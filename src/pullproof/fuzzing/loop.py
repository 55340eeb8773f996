"""The loop: make a scenario, perform it, judge it, learn from it.

One loop runs in one worker. It knows nothing of other workers, of files or of
the screen: what happens is told as events, and what others found is given to
`welcome`.
"""

import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pullproof.engine.fingerprint import fingerprint
from pullproof.engine.judging import Failure, Performer
from pullproof.fuzzing.dictionary import Dictionary
from pullproof.fuzzing.feedback.base import Feedback
from pullproof.fuzzing.feedback.choose import covered
from pullproof.fuzzing.mutate import Mutator
from pullproof.fuzzing.oracle import Oracle
from pullproof.fuzzing.queue import Entry, Queue
from pullproof.fuzzing.sources import Made, Mixed, Mutations, Proposals, Shard, Source, Tours
from pullproof.fuzzing.tours import Machine, Transition
from pullproof.fuzzing.vocabulary import vocabulary
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup
from pullproof.model.transcript import Transcript
from pullproof.report.mask import mask

_WEIGHTS = {"mutation": 3.0, "proposal": 1.5, "tour": 1.0}


@dataclass(frozen=True, slots=True)
class Kept:
    """A scenario that showed something new."""

    scenario: Scenario
    features: frozenset[int]
    seconds: float
    source: str


@dataclass(frozen=True, slots=True)
class Suspected:
    """A failed verdict that was not yet proved."""

    check: str
    key: str
    """Fingerprint: check, rule and shape."""
    failure: Failure = field(repr=False)


@dataclass(frozen=True, slots=True)
class JudgeBroke:
    """A judge raised: our fault."""

    check: str
    reason: str


@dataclass(frozen=True, slots=True)
class Took:
    """Transitions of the machine that were taken for the first time."""

    transitions: frozenset[Transition]


Event = Kept | Suspected | JudgeBroke


@dataclass(frozen=True, slots=True)
class Progress:
    """Numbers so far, of one loop."""

    execs: int = 0
    runs: int = 0
    corpus: int = 0
    features: int = 0
    coverage: int = 0
    stability: float = 1.0
    events: int = 0
    all_transitions: int = 0
    remembered: int = 0
    """Runs that were judged by an equal one."""
    words: int = 0


class Loop:
    """Fuzzes one provider."""

    def __init__(
        self,
        setup: Setup,
        performer: Performer,
        feedback: Feedback,
        *,
        seed: int = 0,
        shard: Shard | None = None,
        generation: int = 0,
        guided: bool = True,
        more: Iterable[Source] = (),
    ) -> None:
        """Make a loop.

        Args:
            setup: As the performer runs it.
            generation: How often this seed was used before; another one makes
                other mutations.
            guided: Keep what shows something new; without it, only proposals
                are changed (to measure what guidance is worth).
            more: Further sources, mixed in like tours.
        """
        self.queue = Queue()
        self.oracle = Oracle(setup)
        self.dictionary = Dictionary.of((*setup.command, *setup.provider.args))
        self._performer = performer
        self._feedback = feedback
        self._guided = guided
        self._shard = shard or Shard()
        draw = random.Random(f"{seed}/{self._shard.index}/{self._shard.count}/{generation}")
        words = vocabulary(setup, self.oracle.checks)
        self.machine = Machine(setup, words)
        self._mutator = Mutator(setup, words, self.dictionary, draw)
        self._execs = self._runs = 0
        self._keys: set[str] = set()
        self._told: set[Transition] = set()
        self._fresh: list[Scenario] = []
        sources: list[Source] = [
            Mutations(self._mutator, self.queue, self._shard, draw),
            Proposals(setup, self.oracle.checks, seed, self._shard),
            Tours(self.machine, self._shard),
            *more,
        ]
        self._made = iter(
            Mixed([(source, _WEIGHTS.get(source.name, 1.0)) for source in sources], draw)
        )

    @property
    def progress(self) -> Progress:
        seen = self.queue.seen
        return Progress(
            self._execs,
            self._runs,
            len(self.queue.entries),
            len(seen),
            covered(frozenset(seen)),
            self.queue.stability,
            len(self.machine.events),
            self.machine.transitions,
            self.oracle.remembered,
            len(self.dictionary),
        )

    def took(self) -> Took:
        """Return the transitions taken since the last time."""
        new, self._told = self.machine.taken - self._told, set(self.machine.taken)
        return Took(frozenset(new))

    def welcome(self, scenario: Scenario) -> None:
        """Take in a scenario that was kept before, or by somebody else."""
        self._fresh.append(scenario)

    def step(self) -> Iterator[Event]:
        """Perform one scenario; yield what came of it."""
        made = Made(self._fresh.pop(), "corpus") if self._fresh else next(self._made)
        if not made.scenario.execs:
            return
        transcript, features, seconds = self._perform(made.scenario)
        self.machine.note(made.scenario)
        opinion = self.oracle.opinion(transcript)
        for check, reason in opinion.errors:
            if check not in self._keys:
                self._keys.add(check)
                yield JudgeBroke(check, reason)
        for check, failure in opinion.failures:
            key = fingerprint(check, failure.verdict.rule, made.scenario)
            if key not in self._keys:
                self._keys.add(key)
                yield Suspected(check, key, failure)
        if self.queue.new(features):
            yield from self._keep(made, features, seconds)

    def _keep(self, made: Made, features: frozenset[int], seconds: float) -> Iterator[Kept]:
        transcript, again, _ = self._perform(made.scenario)
        for run in transcript.execs:
            # Its words go into scenarios that are saved, so secrets go before.
            self.dictionary.learn(mask(run.stderr.decode("utf-8", "replace"), transcript))
        self.queue.looked_again(features, again)
        steady = features - self.queue.volatile
        if not self._guided and made.source == "mutation":
            return
        self.queue.add(Entry(made.scenario, steady, seconds))
        if made.parent is not None:
            made.parent.found += 1
        if made.source != "corpus":
            yield Kept(made.scenario, steady, seconds, made.source)

    def _perform(self, scenario: Scenario) -> tuple[Transcript, frozenset[int], float]:
        started = time.monotonic()
        transcript = self._performer.perform(scenario)
        self._execs += len(transcript.execs)
        self._runs += 1
        return transcript, self._feedback.collect(transcript), time.monotonic() - started
