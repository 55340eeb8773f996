"""One run: plan, explore, prove, shrink, and a result whatever happens.

`Run` decides what is done next; it never executes anything itself. Exploring a
check yields failures; a failure is executed again until it is proved; a proved
failure is made smaller. Proving and shrinking overtake exploring, so that a
run that is cut short still ends with findings instead of suspicions.
"""

import time
from collections.abc import Callable
from functools import partial

from pullproof.adapters.http_server import be_sure_of_port
from pullproof.engine.canary import prove_canary
from pullproof.engine.events import (
    BudgetSpent,
    CheckFinished,
    CheckStarted,
    Event,
    FailureSeen,
    RunInterrupted,
    RunStarted,
    ScenarioJudged,
    WorkerLost,
    ignore,
)
from pullproof.engine.jobs import (
    Assignment,
    Attempt,
    Attempted,
    Broke,
    Explore,
    Explored,
    Finished,
    Job,
    Shrink,
    Shrunk,
)
from pullproof.engine.judging import (
    CatalogueSource,
    Failure,
    SessionFactory,
    full_catalogue,
    open_session,
)
from pullproof.engine.ledger import Account, Ledger
from pullproof.engine.options import Options
from pullproof.engine.plan import Plan, make_plan
from pullproof.engine.pool import Begun, Lane, Lost, Message, Pool
from pullproof.engine.result import RunResult, Timing
from pullproof.model.setup import Setup

SLOW_S = 5.0
"""A provider that took longer than this for a scenario is waited for elsewhere."""
SLOW_WORKERS = 4
SLOW_SHRINKS = 2
"""Executions spent on making the scenario of a slow failure smaller."""
BUDGET_SOFT, BUDGET_HARD = 0.96, 0.985
"""Shares of the budget after which nothing is started, and everything is ended."""

Listener = Callable[[Event], None]


def run(
    setup: Setup,
    options: Options,
    on_event: Listener = ignore,
    *,
    catalogue: CatalogueSource = full_catalogue,
    session_factory: SessionFactory | None = None,
) -> RunResult:
    """Run the planned checks against the provider of `setup`.

    Args:
        on_event: Called in this thread while the run goes on.
        catalogue: Returns the checks; called here and in each worker.
        session_factory: Opens the sessions of workers; real ones by default.

    Returns:
        A result with every check of the catalogue, in its order. Except for
        `timing` and what chance puts into transcripts (ports, tokens, times) it
        is a function of setup, seed and profile.

    Raises:
        UserError: an unknown check was selected, or the registry's fixed port is taken.
        CanaryFailed: the judges accept a provider that is known to be bad.
        CannotStartWorker: sessions do not open; nothing was run.
    """
    started = time.monotonic()
    plan = make_plan(setup, options, catalogue())
    if options.canary:
        prove_canary(setup, [entry.check for entry in plan.entries])
    if setup.registry_port:
        be_sure_of_port(setup.registry_port)
    factory = session_factory or partial(open_session, launcher=options.launcher)
    return Run(setup, options, plan, on_event, started).perform(catalogue, factory)


class Run:
    """The state of one run."""

    def __init__(
        self, setup: Setup, options: Options, plan: Plan, tell: Listener, started: float
    ) -> None:
        self._setup, self._options, self._plan, self._tell = setup, options, plan, tell
        self._ledger = Ledger(plan, options.seed)
        self._started = started
        self._execs = 0
        self._exploring = {entry.check.id for entry in plan.running}

    def perform(self, catalogue: CatalogueSource, factory: SessionFactory) -> RunResult:
        """Do everything; see `run`."""
        self._tell(
            RunStarted(
                seed=self._options.seed,
                profile=self._options.profile,
                workers=self._options.workers,
                planned=tuple(entry.check.id for entry in self._plan.running),
                skipped=self._plan.skipped,
            )
        )
        if not self._plan.running:
            return self._result()
        assignment = Assignment(
            setup=self._setup,
            seed=self._options.seed,
            watchers=self._plan.watchers,
            catalogue=catalogue,
            open_session=factory,
            stop_at=self._moment(BUDGET_SOFT),
        )
        slow = 1 if self._options.jobs == 1 else SLOW_WORKERS
        fast = self._options.workers
        if self._setup.registry_port:
            fast, slow = 1, 0  # only one world at a time can have the port
        with Pool(assignment, fast=fast, slow=slow) as pool:
            return self._perform_in(pool)

    def _perform_in(self, pool: Pool) -> RunResult:
        try:
            self._explore(pool)
            for job, message in pool.messages(until=self._moment(BUDGET_HARD)):
                self._take(pool, job, message)
                if self._too_late():
                    pool.drop_waiting()
            if not self._ledger.unfinished:
                pool.stop()
                return self._result()
        except KeyboardInterrupt:
            self._tell(RunInterrupted(self._ledger.unfinished))
            return self._result(unfinished="interrupted", interrupted=True)
        self._tell(BudgetSpent(self._ledger.unfinished))
        return self._result(unfinished="budget", over_budget=True)

    def _explore(self, pool: Pool) -> None:
        for entry in self._plan.running:
            lane = Lane.SLOW if entry.check.slow else Lane.FAST
            pool.submit(Explore(entry.check.id, entry.examples), lane)

    # --- messages -----------------------------------------------------------------

    def _take(self, pool: Pool, job: Job, message: Message) -> None:
        account = self._ledger.accounts[job.check]
        match message:
            case Begun():
                if isinstance(job, Explore):
                    self._tell(CheckStarted(job.check, job.examples))
            case Explored():
                self._take_explored(message)
            case Attempted():
                account.note_attempt(message)
            case Shrunk():
                account.smallest = message.failure
            case Broke(reason=reason):
                account.note_error(reason)
            case Lost(detail=detail):
                account.note_error(detail)
                self._tell(WorkerLost(job.check, detail))
                self._end_job(pool, account, job)
            case Finished(seconds=seconds, execs=execs):
                account.seconds += seconds
                self._execs += execs
                self._end_job(pool, account, job)
            case _:
                raise AssertionError(message)

    def _take_explored(self, explored: Explored) -> None:
        own = next((v for name, v in explored.verdicts if name == explored.check), None)
        for account in self._ledger.note(explored):
            verdict = dict(explored.verdicts)[account.check.id]
            self._tell(FailureSeen(account.check.id, verdict.rule, verdict.message))
        if own is not None:
            self._tell(ScenarioJudged(explored.check, explored.example, own.outcome))

    def _end_job(self, pool: Pool, account: Account, job: Job) -> None:
        match job:
            case Explore():
                account.explored = account.is_explored
                self._exploring.discard(job.check)
            case Shrink():
                account.shrinking, account.shrunk = False, True
            case Attempt():
                account.waiting -= 1
        self._go_on(pool, account)
        if not self._exploring:
            # Only now is it certain which scenario of another check, if any,
            # is the first one that a watcher fails.
            for watcher in self._ledger.accounts.values():
                if watcher.check.watches:
                    self._go_on(pool, watcher)

    # --- what is next for one check -------------------------------------------------

    def _go_on(self, pool: Pool, account: Account) -> None:
        """Start what `account` needs next, or settle it."""
        if account.settled is not None or account.waiting or account.shrinking:
            return
        if account.proofs and not account.broken_proof:
            if account.is_failed and self._wants_shrinking(account):
                self._shrink(pool, account)
                return
            if account.is_failed:
                self._settle(account)
                return
        if not self._prove_next(pool, account) and self._is_over(account):
            self._settle(account)

    def _is_over(self, account: Account) -> bool:
        """Whether no further failure of this check can come."""
        if account.check.watches and self._exploring:
            return False
        return account.explored

    def _prove_next(self, pool: Pool, account: Account) -> bool:
        """Begin the proof of the next candidate, if one is certain to be next."""
        own = account.has_own_failure and not account.proofs
        if not (own or self._is_over(account)) or account.broken_proof:
            return False
        candidate = account.next_candidate(self._options.prove)
        if candidate is None:
            return False
        proof = account.proofs[-1]
        if proof.complete:
            self._go_on(pool, account)
            return True
        lane = self._lane(account, candidate.failure)
        for _ in range(proof.wanted):
            account.waiting += 1
            pool.submit(Attempt(account.check.id, candidate.failure.scenario), lane, urgent=True)
        return True

    def _wants_shrinking(self, account: Account) -> bool:
        return self._options.shrink and not account.shrunk

    def _shrink(self, pool: Pool, account: Account) -> None:
        candidate = account.proved_candidate
        lane = self._lane(account, candidate.failure)
        most = self._options.shrink_executions
        account.shrinking = True
        job = Shrink(
            check=account.check.id,
            failure=candidate.failure,
            source=candidate.source,
            example=candidate.example,
            executions=min(most, SLOW_SHRINKS) if lane is Lane.SLOW else most,
            seconds=self._options.shrink_s,
        )
        pool.submit(job, lane, urgent=True)

    def _lane(self, account: Account, failure: Failure) -> Lane:
        slow = account.check.slow or failure.duration_s >= SLOW_S
        return Lane.SLOW if slow else Lane.FAST

    def _settle(self, account: Account) -> None:
        account.settled = account.result()
        self._tell(CheckFinished(account.settled))

    # --- time and the end ---------------------------------------------------------

    def _moment(self, share: float) -> float | None:
        budget = self._options.budget_s
        return None if budget is None else self._started + share * budget

    def _too_late(self) -> bool:
        soft = self._moment(BUDGET_SOFT)
        return soft is not None and time.monotonic() >= soft

    def _result(
        self, *, unfinished: str = "", interrupted: bool = False, over_budget: bool = False
    ) -> RunResult:
        return RunResult(
            provider=self._setup.provider.name,
            seed=self._options.seed,
            profile=self._options.profile,
            kubernetes=str(self._setup.version),
            checks=self._ledger.results(unfinished),
            interrupted=interrupted,
            over_budget=over_budget,
            timing=Timing(
                total_s=time.monotonic() - self._started,
                execs=self._execs,
                per_check_s=tuple(self._ledger.timings()),
            ),
        )
