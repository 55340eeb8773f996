"""Proving a suspicion: executed again from its bytes, then made smaller.

In another process, without confinement, guidance or coverage, with tokens and
sandboxes that nobody used before: exactly as `pullproof replay` would. So a
finding can always be replayed, and nothing about the fuzzer can make one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Self

from pullproof.checks.catalogue import by_id
from pullproof.engine.fingerprint import fingerprint
from pullproof.engine.jobs import Assignment, Attempt, Attempted, Broke, Shrink, Shrunk
from pullproof.engine.judging import Failure, full_catalogue, open_session
from pullproof.engine.pool import Lane, Lost, Pool
from pullproof.engine.prove import attempts_for
from pullproof.engine.result import Finding
from pullproof.fuzzing.loop import Suspected
from pullproof.model.setup import Setup

SHRINK_EXECUTIONS = 60
SHRINK_S = 20.0


@dataclass(frozen=True, slots=True)
class Proved:
    """What became of a suspicion."""

    suspected: Suspected
    finding: Finding = field(repr=False)
    failures: int
    executions: int
    """Executions without the one that raised the suspicion."""
    at_s: float = 0.0
    """`time.monotonic()` when the last of them had ended."""

    @property
    def certain(self) -> bool:
        """It failed each time, by the same rule."""
        return self.failures == self.executions > 0


class Prover:
    """Proves one suspicion after the other; a context manager."""

    def __init__(self, setup: Setup, seed: int) -> None:
        self._setup = setup
        self._seed = seed
        assignment = Assignment(
            setup, seed, (), full_catalogue, partial(open_session, launcher="exec"), None
        )
        self._pool = Pool(assignment, fast=1, slow=0)

    def __enter__(self) -> Self:
        self._pool.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.kill()
        self._pool.__exit__()

    def kill(self) -> None:
        """End it at once, also from another thread."""
        self._pool.kill()

    def prove(self, suspected: Suspected, *, shrink: bool = True) -> Proved:
        """Execute `suspected` again, and make it smaller if it is certain.

        Raises:
            CannotStartWorker: no session could be opened.
        """
        check = by_id(suspected.check)
        rule = suspected.failure.verdict.rule
        wanted = attempts_for(check)
        scenario = suspected.failure.scenario
        failures: list[Failure] = []

        def attempted(answer: object) -> None:
            failure = answer.failure if isinstance(answer, Attempted) else None
            if failure is not None and failure.verdict.rule == rule:
                failures.append(failure)

        for _ in range(wanted):
            self._pool.submit(Attempt(check.id, scenario), Lane.FAST)
            self._answers(attempted)
        at_s = time.monotonic()
        best = failures[-1] if failures else suspected.failure
        if shrink and len(failures) == wanted:
            best = self._smaller(suspected, best)
        key = fingerprint(check.id, rule, best.scenario)
        finding = Finding(
            check.id,
            check.level,
            best.verdict,
            best.transcript,
            (len(failures), wanted),
            key,
            self._seed,
        )
        return Proved(suspected, finding, len(failures), wanted, at_s)

    def _smaller(self, suspected: Suspected, failure: Failure) -> Failure:
        check = by_id(suspected.check)
        # A judge that watches takes any scenario; one that trusts its generator
        # must be shown what that generator makes (see `shrink.Admission`).
        source = check.id if not check.watches else _another(check.id)
        job = Shrink(check.id, failure, source, 0, SHRINK_EXECUTIONS, SHRINK_S)
        found = [failure]

        def shrunk(answer: object) -> None:
            if isinstance(answer, Shrunk):
                found.append(answer.failure)

        self._pool.submit(job, Lane.FAST)
        self._answers(shrunk)
        return found[-1]

    def _answers(self, take: Callable[[object], None]) -> None:
        for _, answer in self._pool.messages(None):
            if not isinstance(answer, Broke | Lost):
                take(answer)


def _another(check: str) -> str:
    """Return a check whose generator works for every setup, and is not `check`."""
    return "A00" if check != "A00" else "C01"
