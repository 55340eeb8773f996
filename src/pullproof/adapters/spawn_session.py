"""A session for volume: the same transcripts as `session`, many more of them.

What does not change from one scenario to the next is made once: environments,
request bytes, sandboxes nobody touched, and tokens, which are handed out again
for a while, as a kubelet does with its own. Steps that run at the same time, or
that need watching, go through the ordinary runner and get tokens of their own.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from pullproof.adapters.family import family
from pullproof.adapters.invocation import Caps, Invocation, Outcome
from pullproof.adapters.launchers import best_launcher
from pullproof.adapters.limits import DEFAULT_LIMITS, applied
from pullproof.adapters.lookups import Lookup, command, environment, lookup
from pullproof.adapters.runner import Runner
from pullproof.adapters.sandbox import EMPTY, Sandbox, SandboxRoot, Snapshot
from pullproof.adapters.session import (
    Performance,
    Started,
    World,
    batches,
    make_world,
    since,
    token_secrets,
)
from pullproof.adapters.spawn import Spawner, can_spawn, suits
from pullproof.adapters.spawn_watch import SandboxWatch
from pullproof.model.scenario import ExecStep, Scenario, TokenKind
from pullproof.model.setup import Setup, Workload
from pullproof.model.transcript import Exec, Secret, Transcript

TOKEN_S = 20.0
"""How long a token is handed out again: short against the life of the shortest
one there is (`valid-short`, 90 s)."""
SMALL_CAPS = Caps(keep_bytes=1024 * 1024, flood_bytes=64 * 1024 * 1024)
_MOST_PREPARED = 512
_QUICK_S = 0.2
"""Shorter durations are alike."""


class SpawnSession:
    """One provider, ready for very many scenarios, in one thread.

    Where the system lacks what `spawn` needs, everything goes through the
    ordinary runner; `fast` says so.
    """

    def __init__(
        self,
        setup: Setup,
        *,
        seed: int,
        root: Path | None = None,
        gentle: bool = False,
        caps: Caps = SMALL_CAPS,
        token_s: float = TOKEN_S,
        world: World | None = None,
    ) -> None:
        """Make a session; nothing is started before `with`.

        Args:
            gentle: See `Spawner`.
            token_s: How long tokens are used again; 0: never.
        """
        self.setup = setup
        self.fast = can_spawn()
        self.execs = 0
        self._seed = seed
        self._root = root
        self._gentle = gentle
        self._caps = caps
        self._token_s = token_s
        self._given_world = world
        self._stack = ExitStack()
        self._prepared: dict[tuple[ExecStep, int, str], Prepared] = {}
        self._tokens: dict[tuple[TokenKind, str, int], str] = {}
        self._tokens_since = 0.0
        self._seen: dict[object, Transcript] = {}
        self._sandbox: Sandbox | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._sandboxes = stack.enter_context(SandboxRoot(self._root))
            stack.enter_context(applied(DEFAULT_LIMITS))
            self.world = self._given_world or make_world(self.setup, self._seed, stack)
            self._runner = stack.enter_context(Runner(best_launcher(), self._caps))
            family()
            self._spawner = stack.enter_context(Spawner(self._caps, gentle=self._gentle))
            self._watch = SandboxWatch()
            stack.callback(self._watch.close)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def perform(self, scenario: Scenario) -> Transcript:
        """As `Session.perform`."""
        self.world.reset()
        self._renew_tokens()
        step = scenario.steps[0] if len(scenario.steps) == 1 else None
        if isinstance(step, ExecStep) and not step.sandbox:
            return self._single(scenario, step)
        performance = _FastPerformance(self.setup, self.world, self, self._sandboxes, session=self)
        try:
            for batch in batches(scenario.steps):
                performance.together = len(batch) > 1
                performance.do(batch)
            return performance.transcript(scenario)
        finally:
            performance.clear_up()

    def _single(self, scenario: Scenario, step: ExecStep) -> Transcript:
        """Perform a scenario of one exec.

        If it went exactly as the same one did before (and quickly, and nobody
        was asked), what was written down then is returned again.
        """
        world = self.world
        world.begin(step)
        try:
            made = self.prepared(step, {})
            outcome = self.run(made.invocation)
        finally:
            world.end(step.id)
        received, minted = world.take()
        touched = self._watch.touched()
        key: object = None
        if not (received or minted or touched or outcome.children or outcome.duration_s > _QUICK_S):
            # Prepared once for equal steps, so its identity is enough.
            key = (id(made), *_told(outcome))
            known = self._seen.get(key)
            if known is not None and known.scenario == scenario:
                return known
        performance = _FastPerformance(self.setup, world, self, self._sandboxes, session=self)
        performance.keep(made.secrets)
        item = Started(step, made.lookup, made.invocation, self.lend(), _QUIET)
        try:
            performance.record(item, outcome, touched=touched)
            transcript = performance.assemble(scenario, received, minted)
        finally:
            performance.clear_up()
        if key is not None:
            if len(self._seen) >= _MOST_PREPARED:
                self._seen.clear()
            self._seen[key] = transcript
        return transcript

    # --- what a performance runs with -----------------------------------------

    def run(self, invocation: Invocation) -> Outcome:
        """Run one provider by the fast way, if it suits."""
        self.execs += 1
        if self.fast and suits(invocation):
            return self._spawner.run(invocation)
        return self._runner.run(invocation)

    def run_all(self, invocations: Sequence[Invocation]) -> tuple[Outcome, ...]:
        """Run several providers at the same time."""
        self.execs += len(invocations)
        return self._runner.run_all(invocations)

    def lend(self) -> Sandbox:
        """Return the sandbox that nobody has touched yet."""
        if self._sandbox is None:
            self._sandbox = self._sandboxes.new()
            self._watch.watch(self._sandbox)
        return self._sandbox

    def touched(self) -> bool:
        """Whether the lent sandbox was touched since it was lent."""
        return self._watch.touched()

    def lent_no_more(self) -> None:
        """The lent sandbox is not new any more; the next one will be."""
        self._sandbox = None

    def prepared(self, step: ExecStep, uses: dict[tuple[TokenKind, str], int]) -> "Prepared":
        """Return what `step` is started with, made now or before."""
        ordinal = 0
        if step.workload is not None:
            ordinal = uses.get((step.token, step.workload), 0)
            uses[step.token, step.workload] = ordinal + 1
        sandbox = self.lend()
        key = (step, ordinal, sandbox.path)
        found = self._prepared.get(key)
        if found is None:
            if len(self._prepared) >= _MOST_PREPARED:
                self._prepared.clear()
                self._seen.clear()
            found = self._prepared[key] = self._make(step, ordinal, sandbox)
        return found

    def _make(self, step: ExecStep, ordinal: int, sandbox: Sandbox) -> "Prepared":
        names = self.world.names

        def token(kind: TokenKind, workload: Workload) -> str:
            key = (kind, workload.name, ordinal)
            if key not in self._tokens:
                self._tokens[key] = self.world.token(kind, workload, step.id)
            return self._tokens[key]

        asked = lookup(self.setup, step, names, token)
        return Prepared(
            asked,
            invocation_of(self.setup, step, names, sandbox, asked),
            tuple(token_secrets(step.id, asked.token)) if asked.token else (),
        )

    def _renew_tokens(self) -> None:
        now = time.monotonic()
        if now - self._tokens_since >= self._token_s:
            self._tokens_since = now
            self._tokens.clear()
            self._prepared.clear()
            self._seen.clear()


@dataclass(frozen=True, slots=True)
class Prepared:
    """An exec that can be started any number of times."""

    lookup: Lookup
    invocation: Invocation
    secrets: tuple[Secret, ...] = field(repr=False)


def invocation_of(
    setup: Setup, step: ExecStep, names: Mapping[str, str], sandbox: Sandbox, asked: Lookup
) -> Invocation:
    """Return what `step` starts in `sandbox`."""
    return Invocation(
        command(setup, names),
        environment(setup, step, names, home=sandbox.home, tmp=sandbox.tmp),
        sandbox.cwd,
        asked.stdin,
        step.stdin,
        setup.deadline_s if step.deadline_s is None else step.deadline_s,
        step.watch_children,
    )


@dataclass(slots=True)
class _FastPerformance(Performance):
    """A performance that uses again what it can."""

    session: SpawnSession = field(kw_only=True)
    together: bool = False
    uses: dict[tuple[TokenKind, str], int] = field(default_factory=dict[tuple[TokenKind, str], int])

    def prepare(self, step: ExecStep) -> Started:
        if self.together or step.sandbox:
            # Whoever runs beside others is told apart by a token of its own.
            return Performance.prepare(self, step)
        made = self.session.prepared(step, self.uses)
        self.keep(made.secrets)
        return Started(step, made.lookup, made.invocation, self.session.lend(), _QUIET)

    def record(self, item: Started, outcome: Outcome, *, touched: bool | None = None) -> None:
        if item.before is not _QUIET:
            Performance.record(self, item, outcome)
            return
        if touched is None:
            touched = self.session.touched()
        files = item.sandbox.changes(EMPTY) if touched else ()
        if touched:
            self.session.lent_no_more()
            self.used.append(item.sandbox)
        self.execs.append(
            Exec(
                item.step.id,
                item.invocation.argv,
                item.invocation.env,
                item.invocation.cwd,
                outcome.stdin,
                outcome.stdout,
                outcome.stderr,
                outcome.ending,
                outcome.exit_code,
                outcome.signal,
                outcome.start_error,
                max(0.0, outcome.started_s - self.began_s),
                outcome.duration_s,
                outcome.exit_after_s,
                outcome.stdout_truncated,
                outcome.stderr_truncated,
                outcome.stdin_unread,
                outcome.left_behind,
                outcome.core_dumped,
                files,
                outcome.children,
                self.world.now() - since(outcome),
                item.lookup.token,
            )
        )


def _told(outcome: Outcome) -> tuple[object, ...]:
    """Return all that an outcome tells but its moments."""
    return (
        outcome.stdout,
        outcome.stderr,
        outcome.ending,
        outcome.exit_code,
        outcome.signal,
        outcome.start_error,
        outcome.stdin_unread,
        outcome.left_behind,
        outcome.core_dumped,
    )


_QUIET: Snapshot = {}
"""Marks a start in the lent sandbox; equal to `EMPTY`, and another object."""
