"""Is a failure real? Execute it again and count.

A failure that does not come back each time is FLAKY with its rate, never
FAILED: a suite that cries wolf is switched off.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pullproof.checks.check import Check
from pullproof.engine.result import Status
from pullproof.model.verdict import Verdict

ATTEMPTS = 3
ATTEMPTS_FLAKY_BY_NATURE = 5


def attempts_for(check: Check) -> int:
    """Return how often a failure of `check` is executed again."""
    return ATTEMPTS_FLAKY_BY_NATURE if check.flaky_by_nature else ATTEMPTS


@dataclass(frozen=True, slots=True)
class Proof:
    """Executions of one failing scenario; the first one, which failed, counts."""

    wanted: int
    """Repetitions that make it complete."""
    failures: int = 1
    executions: int = 1

    def after(self, verdict: Verdict) -> "Proof":
        """Return the proof with one more execution."""
        return Proof(self.wanted, self.failures + verdict.failed, self.executions + 1)

    @property
    def complete(self) -> bool:
        return self.executions > self.wanted

    @property
    def status(self) -> Status:
        """FAILED or FLAKY; INCONCLUSIVE while nothing was repeated."""
        if self.failures < self.executions:
            return Status.FLAKY
        if self.complete or self.executions > 1:
            return Status.FAILED
        return Status.INCONCLUSIVE

    @property
    def counts(self) -> tuple[int, int]:
        return (self.failures, self.executions)


def proof_of(wanted: int, verdicts: Sequence[Verdict]) -> Proof:
    """Return the proof that the repetitions `verdicts` make."""
    proof = Proof(wanted)
    for verdict in verdicts:
        proof = proof.after(verdict)
    return proof
