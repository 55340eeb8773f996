"""What a run tells while it runs: for progress lines and live reports.

Events carry no transcript and no secret; everything lasting is in `RunResult`.
The order of events depends on timing, the result does not.
"""

from dataclasses import dataclass

from pullproof.engine.result import CheckResult
from pullproof.model.verdict import Outcome


@dataclass(frozen=True, slots=True)
class RunStarted:
    seed: int
    profile: str
    workers: int
    planned: tuple[str, ...]
    """Ids of the checks that will run, in catalogue order."""
    skipped: tuple[tuple[str, str], ...]
    """(id, reason) of the others."""


@dataclass(frozen=True, slots=True)
class CheckStarted:
    check: str
    examples: int


@dataclass(frozen=True, slots=True)
class ScenarioJudged:
    """One scenario of `check` was performed and judged."""

    check: str
    example: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class FailureSeen:
    """A judge failed a transcript; it is proved again before it counts."""

    check: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """A worker process ended by itself; another one takes its place."""

    check: str
    detail: str


@dataclass(frozen=True, slots=True)
class CheckFinished:
    """The final word on one check, before the whole run is over."""

    result: CheckResult


@dataclass(frozen=True, slots=True)
class BudgetSpent:
    """Nothing new is started any more."""

    unfinished: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunInterrupted:
    """Ctrl-C: workers and their providers are being ended."""

    unfinished: tuple[str, ...]


Event = (
    RunStarted
    | CheckStarted
    | ScenarioJudged
    | FailureSeen
    | WorkerLost
    | CheckFinished
    | BudgetSpent
    | RunInterrupted
)


def ignore(event: Event) -> None:
    """Do nothing: the listener of callers who do not listen."""
