"""A correct provider over many seeds, each different scenario once.

Invariant: no scenario that any of the seeds makes leads to a verdict against a
correct provider.

Generators draw from small sets, so a thousand seeds make some hundreds of
different scenarios for a provider. A scenario is data and says everything that
is done, so doing an equal one again for another seed would ask the same
question; what a seed decides beside it (keys, passwords) changes with the
session, and there is a new one, with a seed of its own, every few scenarios.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pullproof.checks.catalogue import ALL
from pullproof.checks.check import Check
from pullproof.engine.judging import exercised, judge_all, judges_for, open_session
from pullproof.engine.options import Options
from pullproof.engine.plan import Plan, make_plan
from pullproof.engine.seeded import SeededDraw, seed_text
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup
from pullproof.model.verdict import Level, Outcome

SESSION_SCENARIOS = 50
"""After so many, another session with another seed."""
ATTEMPTS = 3
"""Times a scenario is performed again before its failure is told."""
_CHECKS = {check.id: check for check in ALL}


@dataclass(frozen=True, slots=True)
class Question:
    """One scenario and the first seed that made it."""

    check: str
    seed: int
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class Soaked:
    """What came of one provider."""

    scenarios: int
    execs: int
    judged: int
    """Verdicts that could have gone against it."""
    findings: tuple[str, ...]
    """`B02 failed 3/3 (seed 7)`, above advice."""
    advice: tuple[str, ...]
    """Ids of the advice it did not follow."""
    seconds: float


def questions(setup: Setup, seeds: Sequence[int]) -> Iterator[Question]:
    """Yield every different scenario that `seeds` make, in order of seed."""
    plan = make_plan(setup, Options(), ALL)
    seen: set[Scenario] = set()
    for seed in seeds:
        for entry in plan.running:
            for example in range(entry.examples):
                draw = SeededDraw(seed_text(seed, entry.check.id, example))
                scenario = entry.check.propose(setup, draw)
                if scenario not in seen:
                    seen.add(scenario)
                    yield Question(entry.check.id, seed, scenario)


def soak(setup: Setup, seeds: Sequence[int], *, launcher: str = "exec") -> Soaked:
    """Perform and judge each of `questions`."""
    started = time.monotonic()
    asked = list(questions(setup, seeds))
    run = _Run(setup, make_plan(setup, Options(), ALL), launcher)
    for start in range(0, len(asked), SESSION_SCENARIOS):
        run.some(asked[start : start + SESSION_SCENARIOS], seed=start)
    return Soaked(
        len(asked), run.execs, run.judged, tuple(run.findings), tuple(dict.fromkeys(run.advice)),
        time.monotonic() - started,
    )  # fmt: skip


class _Run:
    def __init__(self, setup: Setup, plan: Plan, launcher: str) -> None:
        self.execs = self.judged = 0
        self.findings: list[str] = []
        self.advice: list[str] = []
        self._setup = setup
        self._watchers = plan.watchers
        self._launcher = launcher

    def some(self, asked: Sequence[Question], seed: int) -> None:
        """Do `asked` in one session; failures are tried again in later ones."""
        failed: list[tuple[Question, Check]] = []
        with open_session(self._setup, seed, launcher=self._launcher) as session:
            for question in asked:
                own = _CHECKS[question.check]
                transcript = session.perform(question.scenario)
                self.execs += len(transcript.execs)
                judges = judges_for(own, self._watchers, _CHECKS)
                judged = judge_all(judges, self._setup, transcript)
                self.findings += [f"{id_} broke down: {text}" for id_, text in judged.errors]
                for id_, verdict in judged.verdicts:
                    self.judged += exercised(verdict.outcome)
                    if verdict.outcome is Outcome.FAIL:
                        failed.append((question, _CHECKS[id_]))
                    elif verdict.outcome is Outcome.INCONCLUSIVE and id_ == own.id:
                        self._tell(own, f"inconclusive (seed {question.seed})")
        for question, check in failed:
            count = sum(self._fails(question, check) for _ in range(ATTEMPTS))
            self._tell(check, f"failed {count}/{ATTEMPTS} (seed {question.seed})")

    def _fails(self, question: Question, check: Check) -> bool:
        with open_session(self._setup, question.seed, launcher=self._launcher) as session:
            transcript = session.perform(question.scenario)
            self.execs += len(transcript.execs)
            (_, verdict), *_rest = judge_all([check], self._setup, transcript).verdicts
            return verdict.failed

    def _tell(self, check: Check, text: str) -> None:
        if check.level is Level.ADVICE:
            self.advice.append(check.id)
        else:
            self.findings.append(f"{check.id} {text}")
