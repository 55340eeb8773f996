"""A worker without the process around it: one session, one job after the other."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Self

from pullproof.checks.check import Check
from pullproof.engine.jobs import (
    Assignment,
    Attempt,
    Attempted,
    Broke,
    Explore,
    Explored,
    Finished,
    Job,
    Reply,
    Shrink,
    Shrunk,
)
from pullproof.engine.judging import Failure, Performer, describe, judge, judge_all, judges_for
from pullproof.engine.seeded import SeededDraw, seed_text
from pullproof.engine.shrink import Admission, Search, shrink_choices, shrink_value
from pullproof.model.scenario import Scenario
from pullproof.model.transcript import Transcript
from pullproof.model.verdict import Verdict


class Worker:
    """Does jobs with sessions from the assignment's factory."""

    def __init__(self, assignment: Assignment) -> None:
        self.execs = 0
        self._setup = assignment.setup
        self._seed = assignment.seed
        self._watchers = assignment.watchers
        self._stop_at = assignment.stop_at
        self._open_session = assignment.open_session
        self._checks = {check.id: check for check in assignment.catalogue()}
        self._stack = ExitStack()
        self._session: Performer | None = None

    def __enter__(self) -> Self:
        self._performer()
        return self

    def __exit__(self, *_: object) -> None:
        self._session = None
        self._stack.close()

    def do(self, job: Job) -> Iterator[Reply]:
        """Yield the answers to `job`; the last one is `Finished`."""
        started, execs = time.monotonic(), self.execs
        try:
            yield from self._answers(job)
        except Exception as error:  # noqa: BLE001
            # A session that raised may be half open: the next job gets a new one.
            self.__exit__()
            yield Broke(job.check, describe(error))
        yield Finished(time.monotonic() - started, self.execs - execs)

    def _answers(self, job: Job) -> Iterator[Reply]:
        if isinstance(job, Explore):
            yield from self._explore(job)
        elif isinstance(job, Attempt):
            failure, verdict = self._failure(self._checks[job.check], job.scenario)
            yield Attempted(job.check, verdict, failure)
        else:
            yield Shrunk(job.check, self._shrink(job))

    def _explore(self, job: Explore) -> Iterator[Explored]:
        check = self._checks[job.check]
        judges = judges_for(check, self._watchers, self._checks)
        reported: set[str] = set()
        for example in range(job.examples):
            if self._too_late():
                return
            draw = SeededDraw(seed_text(self._seed, check.id, example))
            judged = judge_all(judges, self._setup, self._perform(check.propose(self._setup, draw)))
            failures = tuple(
                (name, Failure(verdict, judged.transcript))
                for name, verdict in judged.verdicts
                if verdict.failed and name not in reported
            )
            reported.update(name for name, _ in failures)
            yield Explored(check.id, example, judged.verdicts, judged.errors, failures)
            if check.id in reported or any(name == check.id for name, _ in judged.errors):
                return

    def _shrink(self, job: Shrink) -> Failure:
        check, source = self._checks[job.check], self._checks[job.source]
        rule = job.failure.verdict.rule

        def execute(scenario: Scenario) -> Failure | None:
            try:
                failure, verdict = self._failure(check, scenario)
            except Exception:  # noqa: BLE001
                # A scenario nobody generated may be impossible to perform or
                # to judge. It is no smaller failure, and that is all we ask.
                self.__exit__()
                return None
            return failure if verdict.rule == rule else None

        search = Search(
            job.failure, execute, executions=job.executions, seconds=job.seconds
        )  # fmt: skip
        draw = SeededDraw(seed_text(self._seed, source.id, job.example))
        made = source.propose(self._setup, draw)
        if made == job.failure.scenario:
            shrink_choices(search, self._setup, source.propose, draw.choices)
        own = source.id == check.id
        admission = (
            Admission.of(self._setup, check.propose, f"{self._seed}/{check.id}")
            if own
            else Admission()
        )
        shrink_value(search, self._setup, admission)
        # The last word comes from a fresh execution of the smallest scenario,
        # unless that one, of all, does not fail.
        return execute(search.best.scenario) or search.best

    def _failure(self, check: Check, scenario: Scenario) -> tuple[Failure | None, Verdict]:
        transcript = self._perform(scenario)
        verdict = judge(check, self._setup, transcript)
        return (Failure(verdict, transcript) if verdict.failed else None), verdict

    def _perform(self, scenario: Scenario) -> Transcript:
        transcript = self._performer().perform(scenario)
        self.execs += len(transcript.execs)
        return transcript

    def _performer(self) -> Performer:
        if self._session is None:
            self._session = self._stack.enter_context(self._open_session(self._setup, self._seed))
        return self._session

    def _too_late(self) -> bool:
        return self._stop_at is not None and time.monotonic() >= self._stop_at
