"""What is known about each check while a run goes on, and the final word on it.

Replies come in any order; what is kept depends only on their content. Of
several failures of one check the one counts that comes first in a fixed order:
the check's own scenarios, then those of other checks in catalogue order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pullproof.checks.check import Check
from pullproof.engine.fingerprint import fingerprint
from pullproof.engine.jobs import Attempted, Explored
from pullproof.engine.judging import Failure, exercised
from pullproof.engine.plan import Plan, Planned
from pullproof.engine.prove import Proof, attempts_for
from pullproof.engine.result import CheckResult, Finding, Status, outcome_weight
from pullproof.model.verdict import Outcome

MOST_CANDIDATES = 3
"""Failing scenarios of one check that are proved, if the first is flaky."""

NOT_EXERCISED = "no scenario of this run could have failed it"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A failure, and where its scenario comes from."""

    order: tuple[int, int, int]
    """(0 own or 1 another's, place in the catalogue, example): less is first."""
    source: str
    example: int
    failure: Failure


@dataclass(slots=True)
class Account:
    """One check's entry."""

    check: Check
    seed: int
    examples: int
    executed: int = 0
    judged: int = 0
    explored: bool = False
    """Its own scenarios are done."""
    outcome: Outcome = Outcome.NOT_APPLICABLE
    """Of its own scenarios, the heaviest."""
    outcome_message: str = ""
    held_elsewhere: bool = False
    """It passed on a scenario of another check."""
    candidates: list[Candidate] = field(default_factory=lambda: list[Candidate]())
    proofs: list[Proof] = field(default_factory=lambda: list[Proof]())
    """Of the first candidates, in order; the last one is the current one."""
    waiting: int = 0
    """Attempts of the current proof that have not ended."""
    shrinking: bool = False
    shrunk: bool = False
    smallest: Failure | None = None
    error: str = ""
    seconds: float = 0.0
    settled: CheckResult | None = None

    def note_own(self, explored: Explored) -> None:
        """Take in one example of its own."""
        self.executed += 1
        for name, verdict in explored.verdicts:
            if name != self.check.id:
                continue
            self.judged += exercised(verdict.outcome)
            if outcome_weight(verdict.outcome) > outcome_weight(self.outcome) or (
                verdict.outcome is self.outcome and not self.outcome_message
            ):
                self.outcome, self.outcome_message = verdict.outcome, verdict.message

    def note_elsewhere(self, explored: Explored) -> None:
        """Take in what it said, as a watcher, about another check's example."""
        for name, verdict in explored.verdicts:
            if name == self.check.id:
                self.judged += exercised(verdict.outcome)
                self.held_elsewhere |= verdict.outcome is Outcome.PASS

    def add(self, candidate: Candidate) -> None:
        self.candidates = sorted([*self.candidates, candidate], key=lambda c: c.order)
        del self.candidates[MOST_CANDIDATES:]

    def note_error(self, reason: str) -> None:
        """Take in that a job could not be done; the first reason is kept.

        A failure that was proved before stands: only shrinking it broke down.
        """
        if not self.is_failed:
            self.error = self.error or reason

    @property
    def is_explored(self) -> bool:
        """Whether its own examples are done: all, or up to what ended them."""
        return self.executed >= self.examples or self.has_own_failure or bool(self.error)

    @property
    def has_own_failure(self) -> bool:
        return bool(self.candidates) and self.candidates[0].order[0] == 0

    # --- proof ------------------------------------------------------------------

    def next_candidate(self, prove: bool) -> Candidate | None:
        """Begin a proof of the next candidate; None if there is no other one."""
        if len(self.proofs) >= len(self.candidates):
            return None
        self.proofs.append(Proof(attempts_for(self.check) if prove else 0))
        return self.candidates[len(self.proofs) - 1]

    def note_attempt(self, attempted: Attempted) -> None:
        self.proofs[-1] = self.proofs[-1].after(attempted.verdict)

    @property
    def is_failed(self) -> bool:
        """Whether some candidate failed in each of its executions."""
        return self._best_proof().status is Status.FAILED

    @property
    def broken_proof(self) -> bool:
        """Whether the harness broke down before the current proof was complete."""
        return bool(self.error and self.proofs) and not self.proofs[-1].complete

    @property
    def proved_candidate(self) -> Candidate:
        """The candidate whose proof counts."""
        return self.candidates[self._best_number()]

    def _best_number(self) -> int:
        statuses = [proof.status for proof in self.proofs]
        return statuses.index(Status.FAILED) if Status.FAILED in statuses else 0

    def _best_proof(self) -> Proof:
        """The proof that counts: the first FAILED one, else the first."""
        return self.proofs[self._best_number()] if self.proofs else Proof(1)

    # --- the final word -----------------------------------------------------------

    def result(self, *, unfinished: str = "") -> CheckResult:
        """Return the final word; `unfinished` says why nothing more will come."""
        if self.settled is not None:
            return self.settled
        status, reason = self._status(unfinished)
        return CheckResult(
            check=self.check.id,
            status=status,
            level=self.check.level,
            executed=self.executed,
            judged=self.judged,
            reason=reason,
            finding=self._finding(),
        )

    def _status(self, unfinished: str) -> tuple[Status, str]:
        if self.error and not self.is_failed:
            return Status.ERROR, self.error
        if self.candidates:
            return self._status_of_failure(unfinished)
        if unfinished:
            started = self.executed > 0
            return (Status.INCONCLUSIVE if started else Status.SKIPPED), unfinished
        if self.outcome is Outcome.PASS or (self.held_elsewhere and not self._unsure):
            return Status.PASSED, ""
        if self._unsure:
            return Status.INCONCLUSIVE, self.outcome_message
        return Status.SKIPPED, self.outcome_message or NOT_EXERCISED

    @property
    def _unsure(self) -> bool:
        return self.outcome is Outcome.INCONCLUSIVE

    def _status_of_failure(self, unfinished: str) -> tuple[Status, str]:
        proof = self._best_proof()
        if proof.status is Status.INCONCLUSIVE:
            return Status.INCONCLUSIVE, f"failed once and was not executed again ({unfinished})"
        if proof.status is Status.FLAKY:
            return Status.FLAKY, f"failed in {proof.failures} of {proof.executions} executions"
        return Status.FAILED, ""

    def _finding(self) -> Finding | None:
        if not self.candidates:
            return None
        proof = self._best_proof()
        failure = self.smallest or self.proved_candidate.failure
        return Finding(
            check=self.check.id,
            level=self.check.level,
            verdict=failure.verdict,
            transcript=failure.transcript,
            failed_of=proof.counts,
            key=fingerprint(self.check.id, failure.verdict.rule, failure.scenario),
            seed=self.seed,
        )


class Ledger:
    """The accounts of all checks of a plan."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self._plan = plan
        self._order = {entry.check.id: n for n, entry in enumerate(plan.entries)}
        self.accounts = {
            entry.check.id: Account(entry.check, seed, entry.examples) for entry in plan.running
        }

    def note(self, explored: Explored) -> list[Account]:
        """Take in one example; return the accounts with a new failure."""
        for name, account in self.accounts.items():
            if name == explored.check:
                account.note_own(explored)
            elif account.check.watches:
                account.note_elsewhere(explored)
        for name, error in explored.errors:
            self.accounts[name].error = self.accounts[name].error or error
        return [self._add(name, explored, failure) for name, failure in explored.failures]

    def _add(self, name: str, explored: Explored, failure: Failure) -> Account:
        account = self.accounts[name]
        own = name == explored.check
        order = (0 if own else 1, self._order[explored.check], explored.example)
        account.add(Candidate(order, explored.check, explored.example, failure))
        return account

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Ids of checks without a final word yet."""
        return tuple(name for name, account in self.accounts.items() if account.settled is None)

    def results(self, unfinished: str = "") -> tuple[CheckResult, ...]:
        """Return the final words on all checks, in catalogue order."""
        return tuple(self._result(entry, unfinished) for entry in self._plan.entries)

    def _result(self, entry: Planned, unfinished: str) -> CheckResult:
        account = self.accounts.get(entry.check.id)
        if account is None:
            return CheckResult(entry.check.id, Status.SKIPPED, entry.check.level, reason=entry.skip)
        return account.result(unfinished=unfinished)

    def timings(self) -> Sequence[tuple[str, float]]:
        return [(name, account.seconds) for name, account in self.accounts.items()]
