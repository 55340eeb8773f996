"""What the parent asks of workers, and what they answer: values in a pipe.

A job is one sequence of executions that must stay in order. Jobs of different
checks share nothing, so it does not matter which worker does which, or when.
"""

from dataclasses import dataclass, field

from pullproof.engine.judging import CatalogueSource, Failure, SessionFactory
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup
from pullproof.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Assignment:
    """All that a worker needs to know before its first job."""

    setup: Setup
    seed: int
    watchers: tuple[str, ...]
    catalogue: CatalogueSource
    open_session: SessionFactory
    stop_at: float | None
    """Monotonic time after which no new scenario is started."""


@dataclass(frozen=True, slots=True)
class Explore:
    """Perform the examples of a check in order, until its judge fails one."""

    check: str
    examples: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """Perform a failing scenario once more."""

    check: str
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class Shrink:
    """Make a proved failure smaller."""

    check: str
    failure: Failure
    source: str
    """Id of the check whose generator made the scenario."""
    example: int
    executions: int
    seconds: float


Job = Explore | Attempt | Shrink


@dataclass(frozen=True, slots=True)
class Explored:
    """One example was performed."""

    check: str
    example: int
    verdicts: tuple[tuple[str, Verdict], ...]
    """(check id, verdict): the check itself first, then watchers."""
    errors: tuple[tuple[str, str], ...]
    failures: tuple[tuple[str, Failure], ...] = field(default=(), repr=False)
    """First failure of each check within this job."""


@dataclass(frozen=True, slots=True)
class Attempted:
    check: str
    verdict: Verdict
    failure: Failure | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Shrunk:
    check: str
    failure: Failure = field(repr=False)


@dataclass(frozen=True, slots=True)
class Broke:
    """The job could not be done; the reason holds no secret."""

    check: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The worker is free again."""

    seconds: float
    execs: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has its session."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """The worker could not open its session at all."""

    reason: str


Reply = Explored | Attempted | Shrunk | Broke | Finished | Ready | Unusable
