"""Perform one saved scenario again: is it fixed, or does it still fail?"""

from dataclasses import dataclass, field
from functools import partial

from pullproof.checks.check import Check
from pullproof.engine.judging import (
    CatalogueSource,
    SessionFactory,
    full_catalogue,
    judge,
    open_session,
)
from pullproof.engine.plan import UnknownChecks
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup
from pullproof.model.transcript import Transcript
from pullproof.model.verdict import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """Each attempt's verdict, and the transcript that shows most."""

    verdicts: tuple[Verdict, ...]
    transcript: Transcript = field(repr=False)
    """Of the first attempt that failed; of the last one if none did."""

    @property
    def verdict(self) -> Verdict:
        """The verdict of `transcript`."""
        failed = [verdict for verdict in self.verdicts if verdict.failed]
        return failed[0] if failed else self.verdicts[-1]

    @property
    def fixed(self) -> bool:
        """Each attempt passed."""
        return all(verdict.outcome is Outcome.PASS for verdict in self.verdicts)

    @property
    def still_fails(self) -> bool:
        """Each attempt failed."""
        return all(verdict.failed for verdict in self.verdicts)

    @property
    def flaky(self) -> bool:
        """Some attempts failed and some did not."""
        return not self.still_fails and any(verdict.failed for verdict in self.verdicts)


def replay(
    setup: Setup,
    scenario: Scenario,
    seed: int,
    attempts: int = 3,
    *,
    check: str | None = None,
    launcher: str = "exec",
    catalogue: CatalogueSource = full_catalogue,
    session_factory: SessionFactory | None = None,
) -> ReplayResult:
    """Return what `attempts` executions of `scenario` show.

    Args:
        check: Id of the check that judges; by default the one the scenario was
            made for. A watcher's finding may be on another check's scenario.

    Raises:
        UnknownChecks: the catalogue does not have that check.
        BrokenJudge: the judge raised, for example on a hand-made scenario.
    """
    judging = _find(check or scenario.check, catalogue)
    factory = session_factory or partial(open_session, launcher=launcher)
    runs: list[tuple[Verdict, Transcript]] = []
    with factory(setup, seed) as session:
        for _ in range(max(1, attempts)):
            transcript = session.perform(scenario)
            runs.append((judge(judging, setup, transcript), transcript))
    shown = next((run for run in runs if run[0].failed), runs[-1])
    return ReplayResult(tuple(verdict for verdict, _ in runs), shown[1])


def _find(name: str, catalogue: CatalogueSource) -> Check:
    checks = {check.id: check for check in catalogue()}
    if name not in checks:
        raise UnknownChecks([name], list(checks))
    return checks[name]
