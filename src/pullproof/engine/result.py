"""What a run found: values for reports, the command line and pytest.

Everything here but `timing` is a function of setup and seed, so that the same
seed gives the same report.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pullproof.model.transcript import Transcript
from pullproof.model.verdict import Level, Outcome, Verdict


class Status(StrEnum):
    """Final word on one check."""

    PASSED = "passed"
    FAILED = "failed"
    FLAKY = "flaky"
    """Failed, but not each time it was executed again."""
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"
    """Not run; `reason` says why (S-80: not exercised is not held)."""
    ERROR = "error"
    """Our own fault while running it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A failed verdict with its evidence, already made as small as it goes."""

    check: str
    level: Level
    verdict: Verdict
    transcript: Transcript = field(repr=False)
    """Of the smallest failing scenario; the verdict was computed from it."""
    failed_of: tuple[int, int] = (1, 1)
    """(failures, executions) when it was proved again."""
    key: str = ""
    """Stable fingerprint: check, rule and shape; equal keys are one finding."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class CheckResult:
    check: str
    status: Status
    level: Level
    executed: int = 0
    """Scenarios performed for it."""
    judged: int = 0
    """Transcripts on which its judge could have failed."""
    reason: str = ""
    """Why skipped, inconclusive or in error."""
    finding: Finding | None = None
    expected: str = ""
    """Why the failure is excused (`expect.toml`); it then does not count."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Kept out of the comparable part of a report."""

    total_s: float = 0.0
    execs: int = 0
    per_check_s: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class RunResult:
    provider: str
    seed: int
    profile: str
    kubernetes: str
    checks: tuple[CheckResult, ...]
    """In catalogue order; every check of the catalogue is here, run or not."""
    interrupted: bool = False
    over_budget: bool = False
    timing: Timing = Timing()
    notes: tuple[str, ...] = ()
    untrue_expectations: tuple[str, ...] = ()
    """Entries of `expect.toml` that did not come true; each is a failure."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(result.finding for result in self.checks if result.finding is not None)

    def exit_code(self, *, strict: bool = False) -> int:
        """Return 0 no violation, 1 violation, 3 inconclusive or flaky,
        4 nothing ran, 5 our own failure. Violations come first, so that a
        later inconclusive check cannot hide one."""
        counting = [result for result in self.checks if not result.expected]
        statuses = [result.status for result in counting]
        weighty = {Level.MUST, Level.POLICY, *((Level.SHOULD,) if strict else ())}
        if any(r.status is Status.FAILED and r.level in weighty for r in counting):
            return 1
        if self.untrue_expectations:
            return 1
        if Status.ERROR in statuses:
            return 5
        unsure = {Status.FLAKY, Status.INCONCLUSIVE}
        # A provider that was run and told us nothing is undecided; nothing ran
        # only if no scenario was performed that any judge could have failed.
        if not any(
            result.judged or (result.status in unsure and result.executed) for result in self.checks
        ):
            return 4
        heavy = {Level.MUST, Level.POLICY, Level.SHOULD}
        if self.interrupted or any(r.status in unsure and r.level in heavy for r in counting):
            return 3
        return 0


def outcome_weight(outcome: Outcome) -> int:
    """Return a number by which outcomes of several examples combine (maximum)."""
    order = (Outcome.NOT_APPLICABLE, Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.FAIL)
    return order.index(outcome)
