"""One scenario performed once, and what all judges say about it.

This is the only place where a provider is executed and the only place where
judges are called; workers, replay and the pytest plugin all come through here.
"""

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pullproof.checks.check import Check
from pullproof.model.errors import PullproofError
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup
from pullproof.model.transcript import Transcript
from pullproof.model.verdict import Outcome, Verdict


class Performer(Protocol):
    """Whoever turns scenarios into transcripts; `Session` in a real run."""

    def perform(self, scenario: Scenario) -> Transcript: ...


SessionFactory = Callable[[Setup, int], AbstractContextManager[Performer]]
"""Opens a session for a setup and a seed. Must be picklable for worker runs."""

CatalogueSource = Callable[[], Sequence[Check]]
"""Returns the catalogue. Must be picklable: checks themselves are not."""


def full_catalogue() -> Sequence[Check]:
    """Return every check we have."""
    from pullproof.checks.catalogue import ALL

    return ALL


def open_session(
    setup: Setup, seed: int, *, launcher: str = "exec"
) -> AbstractContextManager[Performer]:
    """Return a real session: the world on loopback and the provider's processes."""
    from pullproof.adapters.session import Session

    return Session(setup, seed=seed, launcher=launcher)


@dataclass(frozen=True, slots=True)
class Failure:
    """A scenario on which one judge said no."""

    verdict: Verdict
    transcript: Transcript = field(repr=False)

    @property
    def scenario(self) -> Scenario:
        return self.transcript.scenario

    @property
    def duration_s(self) -> float:
        """Seconds the provider ran."""
        return sum(item.duration_s for item in self.transcript.execs)


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts on one transcript: of its own check first, then of watchers."""

    verdicts: tuple[tuple[str, Verdict], ...]
    errors: tuple[tuple[str, str], ...]
    """(check id, what went wrong) of judges that broke down."""
    transcript: Transcript = field(repr=False)


class BrokenJudge(PullproofError):
    """A check's own code raised: our fault, never the provider's."""


def describe(error: BaseException) -> str:
    """Return `error` as one line that cannot hold a secret.

    Our own errors are written without secrets and are shown whole. Any other
    message may quote what it tripped over, so only its type and place count.
    """
    if isinstance(error, PullproofError | OSError):
        return f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def judge(check: Check, setup: Setup, transcript: Transcript) -> Verdict:
    """Return the verdict of `check`.

    Raises:
        BrokenJudge: the judge raised.
    """
    try:
        return check.judge(setup, transcript)
    except Exception as error:
        raise BrokenJudge(f"the judge of {check.id} broke down: {describe(error)}") from error


def judge_all(
    checks: Iterable[Check], setup: Setup, transcript: Transcript
) -> Judged:  # fmt: skip
    """Return what each of `checks` says; one that breaks down spoils no other."""
    verdicts: list[tuple[str, Verdict]] = []
    errors: list[tuple[str, str]] = []
    for check in checks:
        try:
            verdicts.append((check.id, judge(check, setup, transcript)))
        except BrokenJudge as error:
            errors.append((check.id, str(error)))
    return Judged(tuple(verdicts), tuple(errors), transcript)


def judges_for(own: Check, watchers: Sequence[str], checks: Mapping[str, Check]) -> list[Check]:
    """Return who judges a scenario of `own`: itself first, then the watchers."""
    return [own, *(checks[name] for name in watchers if name != own.id)]


def exercised(outcome: Outcome) -> bool:
    """Return whether the judge could have failed on the transcript."""
    return outcome in (Outcome.PASS, Outcome.FAIL)
