"""Runs a provider once, as the kubelet does, and survives whatever it does.

An exec is over when the process has gone *and* nobody holds its stdout or
stderr any more, because the kubelet waits for both (K-082). At the deadline the
kubelet kills only the process itself; we end its children too, and record both
times, so that judges can tell the two apart.

Nothing here grows with what a provider writes, and nothing it starts outlives
its exec (`family`).
"""

import os
import select
import signal as signals
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from pullproof.adapters.children import ChildWatch
from pullproof.adapters.family import Member, family, kill_group, subreaper
from pullproof.adapters.invocation import (
    DEFAULT_CAPS,
    Cancelled,
    CannotStart,
    Caps,
    Invocation,
    Outcome,
)
from pullproof.adapters.launchers import Child, Launcher, best_launcher, detach_cwd
from pullproof.adapters.pipes import PAUSE_S, Pipes
from pullproof.model.transcript import Ending

_LOOK_S = 0.005
"""How often to look for the end of a process where no pidfd tells."""
_KILLED_S = 5.0

CORE_SIGNALS = frozenset(
    {
        signals.SIGQUIT,
        signals.SIGILL,
        signals.SIGTRAP,
        signals.SIGABRT,
        signals.SIGFPE,
        signals.SIGBUS,
        signals.SIGSEGV,
        signals.SIGXCPU,
        signals.SIGXFSZ,
        signals.SIGSYS,
    }
)
"""Whose default is a core dump. The kernel sets the core flag only if it wrote
a core file, and `limits` tells it not to."""


@dataclass(slots=True)
class _Run:
    """The life of one provider between start and reaping."""

    child: Child
    pipes: Pipes
    caps: Caps
    started_s: float
    deadline_s: float
    wake_fd: int
    cancelled: Callable[[], bool]
    pidfd: int | None = None
    exit_after_s: float | None = None
    ended_s: float = 0.0
    """When it was over, or when we stopped it."""
    is_stopped: bool = False
    poll: select.poll = field(default_factory=select.poll)

    def wait(self) -> None:
        """Serve the pipes until the exec is over, the deadline passed, or it
        wrote more than anybody can want.

        Raises:
            Cancelled: somebody called `Runner.cancel`.
        """
        end = self.started_s + self.deadline_s
        self._watch()
        while True:
            now = time.monotonic()
            if self.pipes.writer.is_open:
                self.pipes.writer.write(now, self.pipes.waiting)
            self.ended_s = now
            if self._is_over():
                return
            if now >= end or self._is_flooded():
                self.is_stopped = True
                return
            self._serve(end - now)
            if self.cancelled():
                raise Cancelled

    def killed(self) -> None:
        """After a kill: note when the process went, and take what it wrote."""
        give_up = time.monotonic() + _KILLED_S
        while self.exit_after_s is None and time.monotonic() < give_up:
            self._note_exit(self.child.has_exited())
            if self.exit_after_s is None:
                time.sleep(0.0005)
        for reader in (self.pipes.out, self.pipes.err):
            # At most a pipe full: a flood was stopped because it was one.
            reads = 0
            while reader.is_open and reads < 4 and reader.read():
                reads += 1

    def _is_over(self) -> bool:
        pipes = self.pipes
        return self.exit_after_s is not None and not pipes.out.is_open and not pipes.err.is_open

    def _is_flooded(self) -> bool:
        return max(self.pipes.out.total, self.pipes.err.total) >= self.caps.flood_bytes

    def _note_exit(self, exited: bool) -> None:
        if exited and self.exit_after_s is None:
            self.exit_after_s = time.monotonic() - self.started_s

    def _watch(self) -> None:
        """Register everything that can wake us."""
        for reader in (self.pipes.out, self.pipes.err):
            self.poll.register(reader.fd, select.POLLIN)
        self.poll.register(self.wake_fd, select.POLLIN)
        if self.pidfd is not None:
            self.poll.register(self.pidfd, select.POLLIN)

    def _serve(self, left_s: float) -> None:
        """Wait for something to happen, and handle it."""
        writer = self.pipes.writer
        is_full = writer.is_open and not writer.is_patient
        if is_full:
            self.poll.register(writer.fd, select.POLLOUT)
        elif writer.is_open:
            left_s = min(left_s, PAUSE_S)
        looks = self.pidfd is None and self.exit_after_s is None
        if looks:
            left_s = min(left_s, _LOOK_S)
        for fd, _ in self.poll.poll(max(1, int(left_s * 1000 + 0.999))):
            if fd == self.pidfd:
                self._note_exit(True)
                self.poll.unregister(fd)
            for reader in (self.pipes.out, self.pipes.err):
                if fd == reader.fd:
                    reader.read()
                    if not reader.is_open:
                        self.poll.unregister(fd)
        if is_full:
            self.poll.unregister(writer.fd)
        if looks:
            self._note_exit(self.child.has_exited())


class Runner:
    """Runs providers, several at a time if asked to.

    Every exec happens in a thread of ours: such threads have working
    directories of their own, and an interrupt (which Python delivers to the
    main thread only) cannot strike between the start of a provider and the
    moment we know of it.
    """

    def __init__(
        self,
        launcher: Launcher | None = None,
        caps: Caps = DEFAULT_CAPS,
        *,
        max_concurrent: int = 64,
        use_pidfd: bool = True,
    ) -> None:
        self._caps = caps
        self._use_pidfd = use_pidfd and sys.platform == "linux"
        self._stack = ExitStack()
        self._stack.enter_context(subreaper())
        family()  # children that are here already are nobody's orphans
        self._launcher = launcher or best_launcher()
        self._cancelled = threading.Event()
        self._wake_r, self._wake_w = os.pipe()
        self._stack.callback(os.close, self._wake_w)
        self._stack.callback(os.close, self._wake_r)
        self._pool = ThreadPoolExecutor(max_concurrent, "exec", initializer=detach_cwd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop everything and give everything back. May be called again."""
        self._stop()
        self._stack.close()

    def cancel(self) -> None:
        """End all running providers; their futures raise `Cancelled`. The
        runner cannot be used afterwards."""
        if not self._cancelled.is_set():
            self._cancelled.set()
            os.write(self._wake_w, b"!")

    def _stop(self) -> None:
        self.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def start(self, invocation: Invocation) -> "Future[Outcome]":
        """Run `invocation` while the caller does something else.

        Raises:
            Cancelled: `cancel` was called before.
        """
        if self._cancelled.is_set():
            raise Cancelled
        return self._pool.submit(self._run, invocation)

    def run(self, invocation: Invocation) -> Outcome:
        """Run `invocation` to its end and return what it did.

        Raises:
            Cancelled: `cancel` was called. An interrupt cancels, too.
        """
        return self.run_all([invocation])[0]

    def run_all(self, invocations: Sequence[Invocation]) -> tuple[Outcome, ...]:
        """Run all `invocations` at the same time; outcomes are in their order.

        Raises:
            Cancelled: as in `run`.
        """
        futures: list[Future[Outcome]] = []
        try:
            for invocation in invocations:
                futures.append(self.start(invocation))
            return tuple(future.result() for future in futures)
        except BaseException:
            # An interrupt (perhaps between two starts), or our own fault:
            # nothing may go on behind the caller's back.
            self._stop()
            raise

    def _run(self, invocation: Invocation) -> Outcome:
        if self._cancelled.is_set():
            raise Cancelled
        pipes = Pipes(invocation, self._caps)
        try:
            with family().member(_marks(invocation)) as member:
                return self._run_member(invocation, pipes, member)
        finally:
            pipes.close()

    def _run_member(self, invocation: Invocation, pipes: Pipes, member: Member) -> Outcome:
        started_s = time.monotonic()
        try:
            child = self._launcher.start(invocation, pipes.stdio)
        except CannotStart as error:
            sent = pipes.sent
            return Outcome(
                Ending.NOT_STARTED, started_s, sent, start_error=str(error), stdin_unread=len(sent)
            )
        member.pid = child.pid
        pipes.started()
        run = _Run(
            child,
            pipes,
            self._caps,
            started_s,
            invocation.deadline_s,
            self._wake_r,
            self._cancelled.is_set,
        )
        watch = _watch(invocation, member)
        left_behind = 0
        try:
            with _opened_pidfd(child.pid, self._use_pidfd) as run.pidfd, watch or nullcontext():
                run.wait()
                if run.exit_after_s is not None:
                    left_behind = family().left_behind(member)
        finally:
            kill_group(member.pid)
            if run.exit_after_s is None:  # perhaps it had no group of its own yet
                with suppress(ProcessLookupError):
                    os.kill(member.pid, signals.SIGKILL)
            run.killed()
            family().end(member)
            status = child.reap()
        outcome = _outcome(run, status, left_behind)
        return replace(outcome, children=watch.seen) if watch else outcome


def run(
    invocation: Invocation, caps: Caps = DEFAULT_CAPS, launcher: Launcher | None = None
) -> Outcome:
    """Run `invocation` once, with a runner of its own."""
    with Runner(launcher, caps) as runner:
        return runner.run(invocation)


def _watch(invocation: Invocation, member: Member) -> ChildWatch | None:
    if not invocation.watch_children:
        return None
    return ChildWatch(lambda: family().kin(member), member.pid)


def _marks(invocation: Invocation) -> tuple[str, ...]:
    """Return by what an orphan shows which exec it comes from."""
    named = {name: value for name, value in invocation.env if name in ("HOME", "TMPDIR")}
    return tuple(path for path in (invocation.cwd, *named.values()) if len(path) > 1)


class _opened_pidfd:
    """A descriptor that becomes readable when `pid` ends; None if there is no
    such thing here."""

    def __init__(self, pid: int, wanted: bool) -> None:
        self._fd: int | None = None
        if wanted and sys.platform == "linux":
            # Old kernels and sandboxes refuse; then we look from time to time.
            with suppress(OSError):
                self._fd = os.pidfd_open(pid)

    def __enter__(self) -> int | None:
        return self._fd

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._fd is not None:
            os.close(self._fd)


def _outcome(run: _Run, status: int, left_behind: int) -> Outcome:
    """Put into words what the system said. Source: K-082, K-084."""
    pipes = run.pipes
    signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    duration_s = run.ended_s - run.started_s
    # K-084: past the deadline nothing counts, not even exit status 0.
    if run.is_stopped or duration_s >= run.deadline_s:
        ending = Ending.TIMED_OUT
    else:
        ending = Ending.EXITED if signal is None else Ending.SIGNALED
    core = signal is not None and (os.WCOREDUMP(status) or signal in CORE_SIGNALS)
    return Outcome(
        ending,
        run.started_s,
        pipes.sent,
        pipes.out.data,
        pipes.err.data,
        exit_code=os.WEXITSTATUS(status) if signal is None else None,
        signal=signal,
        duration_s=duration_s,
        exit_after_s=duration_s if run.exit_after_s is None else run.exit_after_s,
        stdout_truncated=pipes.out.truncated,
        stderr_truncated=pipes.err.truncated,
        stdin_unread=pipes.unread(),
        left_behind=left_behind,
        core_dumped=core,
    )
