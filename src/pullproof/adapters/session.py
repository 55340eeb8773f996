"""Performs scenarios on a real provider in an emulated world.

A session holds what is expensive to make (the world's servers and keys, a
runner, perhaps a warm interpreter) and lends it to one scenario after the
other; everything a scenario can leave behind is cleared in between. It records
and never judges: the transcript is for `checks`.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

from pullproof.adapters.invocation import DEFAULT_CAPS, Caps, Invocation, Outcome
from pullproof.adapters.launchers import best_launcher
from pullproof.adapters.limits import DEFAULT_LIMITS, Limits, applied
from pullproof.adapters.lookups import Lookup, command, environment, lookup
from pullproof.adapters.placeholders import resolve
from pullproof.adapters.runner import Runner
from pullproof.adapters.sandbox import EMPTY, Sandbox, SandboxRoot, Snapshot
from pullproof.adapters.zygotes import ZygoteLauncher
from pullproof.model.images import InvalidImageName, repo_name
from pullproof.model.keyring import Credential, Keyring
from pullproof.model.reaction import react
from pullproof.model.scenario import ExecStep, PullStep, Scenario, Step, TokenKind
from pullproof.model.setup import Setup, Workload
from pullproof.model.transcript import (
    Exec,
    Minted,
    Pull,
    Received,
    Secret,
    SecretKind,
    Transcript,
)

LauncherName = Literal["exec", "zygote"]
MIN_SECRET = 8
"""Shorter values would be "found" everywhere."""
_SECRET_NAMES = ("node.password",)
"""Names whose value belongs into `Transcript.secrets`, not into `names`."""


class World(Protocol):
    """What a session needs of the emulated world (`pullproof.adapters.world`)."""

    @property
    def names(self) -> Mapping[str, str]: ...
    def token(self, kind: TokenKind, workload: Workload, step: str) -> str: ...
    def begin(self, step: Step) -> None: ...
    def end(self, step_id: str) -> None: ...
    def advance(self, seconds: float) -> None: ...
    def now(self) -> float: ...
    def take(self) -> tuple[tuple[Received, ...], tuple[Minted, ...]]: ...
    def pull(self, step: PullStep, credentials: Sequence[Credential], image: str) -> Pull: ...
    def reset(self) -> None: ...


class Runs(Protocol):
    """What a performance needs of a `Runner`."""

    def run(self, invocation: Invocation) -> Outcome: ...
    def run_all(self, invocations: Sequence[Invocation]) -> tuple[Outcome, ...]: ...


class Session:
    """One provider, ready for any number of scenarios. Use it with `with`."""

    def __init__(
        self,
        setup: Setup,
        *,
        seed: int,
        root: Path | None = None,
        launcher: LauncherName | str = "exec",
        world: World | None = None,
        caps: Caps = DEFAULT_CAPS,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        """Make a session; nothing is started before `with`.

        Args:
            root: Where the sandboxes' directory is made; a temporary one if None.
            launcher: "zygote" makes our own Python test providers start faster;
                never use it to judge anybody else's.
            world: A world that is already up and stays the caller's; None makes
                one for this session.
        """
        if launcher not in ("exec", "zygote"):
            raise ValueError(f"unknown launcher {launcher!r}; there are: exec, zygote")
        self.setup = setup
        self._seed = seed
        self._root = root
        self._launcher = launcher
        self._given_world = world
        self._caps = caps
        self._limits = limits
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._sandboxes = stack.enter_context(SandboxRoot(self._root))
            stack.enter_context(applied(self._limits))
            self._world = self._given_world or make_world(self.setup, self._seed, stack)
            launcher = best_launcher()
            if self._launcher == "zygote":
                launcher = stack.enter_context(ZygoteLauncher(launcher))
            self._runner = stack.enter_context(Runner(launcher, self._caps))
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
        """Do what `scenario` says and return everything that was observed.

        Raises:
            KeyError: it names a workload or an exec that does not exist.
            InvalidEdit: it asks for an edit that cannot be made.
            Cancelled, KeyboardInterrupt: it was interrupted; all processes it
                had started were ended, and the session cannot be used again.
        """
        self._world.reset()
        performance = Performance(self.setup, self._world, self._runner, self._sandboxes)
        try:
            for batch in batches(scenario.steps):
                performance.do(batch)
            return performance.transcript(scenario)
        finally:
            performance.clear_up()


@dataclass(slots=True)
class Started:
    """An exec between its start and its end."""

    step: ExecStep
    lookup: Lookup
    invocation: Invocation
    sandbox: Sandbox
    before: Snapshot


@dataclass(slots=True)
class Performance:
    """One scenario being performed; `spawn_session` has a faster one."""

    setup: Setup
    world: World
    runner: Runs
    root: SandboxRoot
    began_s: float = field(default_factory=time.monotonic)
    execs: list[Exec] = field(default_factory=list[Exec])
    pulls: list[Pull] = field(default_factory=list[Pull])
    secrets: dict[Secret, None] = field(default_factory=dict[Secret, None])
    shared: dict[str, Sandbox] = field(default_factory=dict[str, Sandbox])
    used: list[Sandbox] = field(default_factory=list[Sandbox])

    def do(self, batch: Sequence[Step]) -> None:
        """Perform steps that happen at the same time; a pull is always alone."""
        first = batch[0]
        if isinstance(first, PullStep):
            self._pull(first)
            return
        started: list[Started] = []
        try:
            for step in batch:
                assert isinstance(step, ExecStep)
                self.world.begin(step)
                started.append(self.prepare(step))
            if len(started) == 1:
                self.record(started[0], self.runner.run(started[0].invocation))
            else:
                self._together(started)
        finally:
            for step in batch:
                self.world.end(step.id)

    def _together(self, started: Sequence[Started]) -> None:
        outcomes = self.runner.run_all([item.invocation for item in started])
        for item, outcome in zip(started, outcomes, strict=True):
            self.record(item, outcome)

    def prepare(self, step: ExecStep) -> Started:
        names = self.world.names
        asked = lookup(
            self.setup,
            step,
            names,
            lambda kind, workload: self.world.token(kind, workload, step.id),
        )
        if asked.token:
            self.keep(token_secrets(step.id, asked.token))
        sandbox, before = self.sandbox(step.sandbox)
        env = environment(self.setup, step, names, home=sandbox.home, tmp=sandbox.tmp)
        deadline_s = self.setup.deadline_s if step.deadline_s is None else step.deadline_s
        invocation = Invocation(
            command(self.setup, names),
            env,
            sandbox.cwd,
            asked.stdin,
            step.stdin,
            deadline_s,
            step.watch_children,
        )
        return Started(step, asked, invocation, sandbox, before)

    def sandbox(self, name: str) -> tuple[Sandbox, Snapshot]:
        """Return the sandbox of that name (always a new one if it is empty),
        and what is in it."""
        if name in self.shared:
            sandbox = self.shared[name]
            sandbox.prepare()
            return sandbox, sandbox.snapshot()
        sandbox = self.root.new()
        self.used.append(sandbox)
        if name:
            self.shared[name] = sandbox
        return sandbox, EMPTY

    def record(self, item: Started, outcome: Outcome) -> None:
        self.execs.append(
            Exec(
                step=item.step.id,
                argv=item.invocation.argv,
                env=item.invocation.env,
                cwd=item.invocation.cwd,
                stdin=outcome.stdin,
                stdout=outcome.stdout,
                stderr=outcome.stderr,
                ending=outcome.ending,
                exit_code=outcome.exit_code,
                signal=outcome.signal,
                start_error=outcome.start_error,
                started_s=max(0.0, outcome.started_s - self.began_s),
                duration_s=outcome.duration_s,
                exit_after_s=outcome.exit_after_s,
                stdout_truncated=outcome.stdout_truncated,
                stderr_truncated=outcome.stderr_truncated,
                stdin_unread=outcome.stdin_unread,
                left_behind=outcome.left_behind,
                core_dumped=outcome.core_dumped,
                files=item.sandbox.changes(item.before),
                children=outcome.children,
                expires_wall_s=self.world.now() - since(outcome),
                token=item.lookup.token,
            )
        )

    def _pull(self, step: PullStep) -> None:
        self.world.begin(step)
        try:
            if step.wait_s:
                self.world.advance(step.wait_s)
            image = resolve(step.image, self.world.names)
            self.pulls.append(self.world.pull(step, self._credentials(step, image), image))
        finally:
            self.world.end(step.id)

    def _credentials(self, step: PullStep, image: str) -> tuple[Credential, ...]:
        """Return what the kubelet's keyring picks. Source: K-098, K-137."""
        source = next((item for item in self.execs if item.step == step.exec), None)
        if source is None:
            raise KeyError(step.exec)
        reaction = react(self.setup, source)
        if reaction.response is None:
            return ()
        try:
            repo = repo_name(image)
        except InvalidImageName:
            return ()
        keyring = Keyring(strict_colons=self.setup.version.has_strict_colons)
        keyring = keyring.add(self.setup.provider.name, reaction.response.auth)
        return keyring.lookup(repo)

    def transcript(self, scenario: Scenario) -> Transcript:
        """Return what was observed since the beginning."""
        return self.assemble(scenario, *self.world.take())

    def assemble(
        self,
        scenario: Scenario,
        received: tuple[Received, ...],
        minted: tuple[Minted, ...],
    ) -> Transcript:
        """Return the transcript with what the world told of it."""
        names = self.world.names
        node = [names.get(name, "") for name in _SECRET_NAMES]
        self.keep(Secret(SecretKind.NODE, "", value) for value in node)
        self.keep(
            Secret(SecretKind.MINTED, credential.step, credential.password)
            for credential in minted
            if credential.password not in node
        )
        self.keep(Secret(SecretKind.USER, "", value) for _, value in self.setup.secrets)
        order = {step.id: place for place, step in enumerate(scenario.steps)}
        return Transcript(
            scenario,
            tuple(sorted(self.execs, key=lambda item: order[item.step])),
            received,
            minted,
            tuple(self.pulls),
            tuple(self.secrets),
            tuple((name, value) for name, value in names.items() if name not in _SECRET_NAMES),
        )

    def clear_up(self) -> None:
        for sandbox in self.used:
            self.root.give_back(sandbox)

    def keep(self, secrets: Iterable[Secret]) -> None:
        for secret in secrets:
            if len(secret.value) >= MIN_SECRET:
                self.secrets.setdefault(secret)


def batches(steps: Iterable[Step]) -> Iterator[tuple[Step, ...]]:
    """Yield the steps, those of one group together."""
    for group, members in groupby(steps, key=_group):
        batch = tuple(members)
        yield from [batch] if group else zip(batch)


def _group(step: Step) -> str:
    return step.group if isinstance(step, ExecStep) else ""


def since(outcome: Outcome) -> float:
    """Return the seconds that passed since the exec was over."""
    return max(0.0, time.monotonic() - outcome.started_s - outcome.duration_s)


def token_secrets(step: str, token: str) -> list[Secret]:
    """Return the token, and its signature, which is as good as the token."""
    found = [Secret(SecretKind.TOKEN, step, token)]
    parts = token.split(".")
    if len(parts) == 3:
        found.append(Secret(SecretKind.TOKEN_SIGNATURE, step, parts[2]))
    return found


def make_world(setup: Setup, seed: int, stack: ExitStack) -> World:
    from pullproof.adapters import world

    made: World = stack.enter_context(
        world.World(setup, seed=seed, registry_port=setup.registry_port)
    )
    return made
