"""The fast way to run a provider: little more than the system calls it takes.

`runner` may be used from everywhere and waits in threads; a `Spawner` belongs
to one thread of a process that runs nothing else meanwhile, and costs about as
much as a loop in C. In exchange it knows only the ordinary exec: stdin at once,
nobody watching its children. Everything else is for `runner`.

The usual exec is awaited by its end alone: one wake-up, after which its output
is in the pipes. Whoever writes more than a pipe holds, or takes longer than
`_QUICK_S`, is served byte by byte.
"""

import contextlib
import fcntl
import os
import select
import signal
import struct
import sys
import termios
import time
from contextlib import ExitStack, suppress
from functools import lru_cache
from types import TracebackType
from typing import Self

from pullproof.adapters import processes
from pullproof.adapters.family import family, kill_group, subreaper
from pullproof.adapters.invocation import (
    DEFAULT_CAPS,
    Caps,
    Invocation,
    Outcome,
    executed_env,
)
from pullproof.adapters.launchers import inheritable, reason
from pullproof.adapters.runner import CORE_SIGNALS
from pullproof.model.scenario import Stdin
from pullproof.model.transcript import Ending

_QUICK_S = 0.02
_SURELY_TAKEN = 4096
"""So much fits into the smallest pipe that Linux makes."""
_READ_BYTES = 64 * 1024
_GRACE_S = 0.1
"""Between SIGTERM and SIGKILL: time to write down what was covered."""
_KILLED_S = 5.0
_INT = struct.Struct("i")
_NO_INT = _INT.pack(0)


def can_spawn() -> bool:
    """Whether this system has what a `Spawner` needs: Linux with pidfds.

    >>> isinstance(can_spawn(), bool)
    True
    """
    if sys.platform != "linux" or not processes.available():
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (OSError, AttributeError):  # an old kernel, or a sandbox that forbids it
        return False
    return True


def suits(invocation: Invocation) -> bool:
    """Whether a `Spawner` can run `invocation` as it is meant."""
    return invocation.delivery is not Stdin.CHUNKED and not invocation.watch_children


@lru_cache(maxsize=128)
def _encoded(env: tuple[tuple[str, str], ...]) -> dict[bytes, bytes]:
    pairs = executed_env(env).items()
    return {os.fsencode(name): os.fsencode(value) for name, value in pairs}


class _Life:
    """One provider between its start and its reaping."""

    __slots__ = (
        "deadline_s", "ended_s", "err", "err_open", "err_total", "exited_s", "out", "out_open",
        "out_total", "pid", "pidfd", "started_s", "status", "stderr", "stdin", "stdout", "stopped",
        "unsent",
    )  # fmt: skip

    def __init__(
        self,
        pid: int,
        stdin: int,
        unsent: memoryview,
        stdout: int,
        stderr: int,
        started_s: float,
        deadline_s: float,
    ) -> None:
        self.pid = pid
        self.pidfd = -1
        self.stdin = stdin  # writing end; -1 once everything is written
        self.unsent = unsent
        self.stdout = stdout
        self.stderr = stderr
        self.started_s = started_s
        self.deadline_s = deadline_s
        self.exited_s = 0.0  # 0 while it runs
        self.ended_s = 0.0
        self.status: int | None = None  # once it is reaped
        self.stopped = False  # it was late, or wrote more than anybody can want
        self.out: list[bytes] = []
        self.err: list[bytes] = []
        self.out_total = self.err_total = 0
        self.out_open = self.err_open = True


class Spawner:
    """Runs one provider at a time, from one thread; a context manager.

    While it is open no other part of the process may have children.

    Args:
        gentle: At the deadline SIGTERM comes first, for providers that write
            down their coverage when they are told to end. The kubelet itself
            does not ask (K-082), and nothing from after the deadline counts.
    """

    def __init__(self, caps: Caps = DEFAULT_CAPS, *, gentle: bool = False) -> None:
        self._caps = caps
        self._gentle = gentle
        self._cwd = ""
        self._stack = ExitStack()
        # A handler of ours ends with exec by itself; what is ignored would stay so.
        self._defaults = frozenset(
            int(number)
            for number in signal.valid_signals()
            if number not in (signal.SIGKILL, signal.SIGSTOP)
            and signal.getsignal(number) in (signal.SIG_IGN, None)
        )
        # What we inherited ourselves must not reach the provider.
        self._closes = tuple((os.POSIX_SPAWN_CLOSE, fd) for fd in inheritable())
        self.orphans = 0
        """Processes that had to be ended after their provider."""

    def __enter__(self) -> Self:
        self._stack.enter_context(subreaper())
        family()
        self._cwd = ""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def forget_cwd(self) -> None:
        """Call it when somebody else changed the working directory."""
        self._cwd = ""

    def run(self, invocation: Invocation) -> Outcome:
        """Run `invocation`, which `suits`, to its end and return what it did."""
        data = b"" if invocation.delivery is Stdin.CLOSED else invocation.stdin
        fds: list[int] = []
        try:
            stdin_r, stdin_w = self._pipe(fds)
            out_r, out_w = self._pipe(fds)
            err_r, err_w = self._pipe(fds)
            unsent = memoryview(b"")
            if len(data) > _SURELY_TAKEN:
                os.set_blocking(stdin_w, False)
                unsent = memoryview(data)[os.write(stdin_w, data) :]
            elif data:
                # The pipe takes it before there is anybody to read it.
                os.write(stdin_w, data)
            if not unsent:
                os.close(stdin_w)
                fds.remove(stdin_w)
                stdin_w = -1
            started_s = time.monotonic()
            try:
                pid = self._start(invocation, stdin_r, out_w, err_w)
            except (OSError, ValueError) as error:
                text = f"fork/exec {invocation.argv[0]}: {reason(error)}"
                return Outcome(
                    Ending.NOT_STARTED, started_s, data, start_error=text, stdin_unread=len(data)
                )
            life = _Life(pid, stdin_w, unsent, out_r, err_r, started_s, invocation.deadline_s)
            os.close(out_w)
            os.close(err_w)
            fds.remove(out_w)
            fds.remove(err_w)
            left = self._follow(life, invocation)
            if stdin_w >= 0 and life.stdin < 0:
                fds.remove(stdin_w)
            waiting = _INT.unpack(fcntl.ioctl(stdin_r, termios.FIONREAD, _NO_INT))[0]
            return self._outcome(life, left, data, waiting)
        finally:
            for fd in fds:
                with suppress(OSError):  # closed already, when we were interrupted
                    os.close(fd)

    def _pipe(self, fds: list[int]) -> tuple[int, int]:
        ends = os.pipe()
        if ends[0] <= 2 or ends[1] <= 2:  # we were started without standard streams
            high = tuple(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3) for fd in ends)
            for fd in ends:
                os.close(fd)
            ends = (high[0], high[1])
        fds += ends
        return ends

    def _start(self, invocation: Invocation, stdin: int, stdout: int, stderr: int) -> int:
        if invocation.cwd != self._cwd:
            os.chdir(invocation.cwd)
            self._cwd = invocation.cwd
        return os.posix_spawn(
            invocation.argv[0],
            invocation.argv,
            _encoded(invocation.env),
            file_actions=(
                (os.POSIX_SPAWN_DUP2, stdin, 0),
                (os.POSIX_SPAWN_DUP2, stdout, 1),
                (os.POSIX_SPAWN_DUP2, stderr, 2),
                *self._closes,
            ),
            setsid=True,  # no terminal to ask for a password, as in the kubelet
            setsigmask=(),
            setsigdef=self._defaults,
        )

    # --- waiting --------------------------------------------------------------

    def _follow(self, life: _Life, invocation: Invocation) -> int:
        """Wait until it is over; return how many processes it left behind."""
        assert sys.platform == "linux"
        pidfd = life.pidfd = os.pidfd_open(life.pid)
        try:
            if self._quick(life):
                return 0
            os.set_blocking(life.stdout, False)
            os.set_blocking(life.stderr, False)
            self._patient(life)
            killed = life.stopped and not life.exited_s
            if killed:
                self._stop(life)
            if life.status is None:
                life.status = os.waitpid(life.pid, 0)[1]
            return 0 if _has_no_children() else self._clear_up(life, invocation, killed)
        finally:
            os.close(pidfd)
            if life.status is None:  # an interrupt, or our own fault: nothing may go on
                self._abandon(life, invocation)

    def _quick(self, life: _Life) -> bool:
        """Wait for its end only; False if that was not enough."""
        if life.unsent:
            return False
        poll = select.poll()
        poll.register(life.pidfd, select.POLLIN)
        if not poll.poll(int(min(_QUICK_S, life.deadline_s) * 1000)):
            return False
        life.exited_s = life.ended_s = time.monotonic()
        life.status = os.waitpid(life.pid, 0)[1]
        # Its own children are ours from its end on. If we have none, there are
        # none, and nobody can write any more: what is in the pipes is all.
        if not _has_no_children():
            return False
        for out in (True, False):
            data = os.read(life.stdout if out else life.stderr, _READ_BYTES)
            if len(data) == _READ_BYTES:
                self._note(life, data, out=out)
                return False
            if data:
                self._note(life, data, out=out)
        life.out_open = life.err_open = False
        return True

    def _abandon(self, life: _Life, invocation: Invocation) -> None:
        kill_group(life.pid)
        with suppress(OSError):
            os.kill(life.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(life.pid, 0)
        if not _has_no_children():
            self._clear_up(life, invocation, killed=True)

    def _read(self, life: _Life, *, out: bool) -> None:
        """Read one stream until it ends or has nothing more for now."""
        fd = life.stdout if out else life.stderr
        while True:
            try:
                data = os.read(fd, _READ_BYTES)
            except BlockingIOError:
                return
            self._note(life, data, out=out)
            total = life.out_total if out else life.err_total
            if not data or total >= self._caps.flood_bytes:
                return

    def _note(self, life: _Life, data: bytes, *, out: bool) -> None:
        """Keep what was read, or that the stream has ended."""
        room = self._caps.keep_bytes - (life.out_total if out else life.err_total)
        if data and room > 0:
            (life.out if out else life.err).append(data[:room])
        if out:
            life.out_total += len(data)
            life.out_open = bool(data)
        else:
            life.err_total += len(data)
            life.err_open = bool(data)

    def _patient(self, life: _Life) -> None:
        """Serve all pipes until it is over, it is late, or it floods us."""
        end_s = life.started_s + life.deadline_s
        poll = select.poll()
        if not life.exited_s:
            poll.register(life.pidfd, select.POLLIN)
        for fd, is_open in ((life.stdout, life.out_open), (life.stderr, life.err_open)):
            if is_open:
                poll.register(fd, select.POLLIN)
        if life.stdin >= 0:
            poll.register(life.stdin, select.POLLOUT)
        while not life.exited_s or life.out_open or life.err_open:
            now = time.monotonic()
            flood = max(life.out_total, life.err_total) >= self._caps.flood_bytes
            if now >= end_s or flood:
                life.stopped = True
                life.ended_s = now
                return
            for fd, _ in poll.poll(max(1, int((end_s - now) * 1000 + 0.999))):
                self._serve(life, fd, poll)
            life.ended_s = time.monotonic()

    def _serve(self, life: _Life, fd: int, poll: select.poll) -> None:
        if fd == life.pidfd:
            life.exited_s = time.monotonic()
            poll.unregister(fd)
        elif fd == life.stdin:
            try:
                life.unsent = life.unsent[os.write(fd, life.unsent) :]
            except BlockingIOError:
                return
            except OSError:  # nobody reads any more; our own end hides it as a rule
                life.unsent = life.unsent[:0]
            if not life.unsent:
                poll.unregister(fd)
                os.close(fd)
                life.stdin = -1
        else:
            out = fd == life.stdout
            self._read(life, out=out)
            if not (life.out_open if out else life.err_open):
                poll.unregister(fd)

    # --- ending ---------------------------------------------------------------

    def _stop(self, life: _Life) -> None:
        """End it. What it wrote before its deadline was taken already."""
        if self._gentle:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(life.pid, signal.SIGTERM)
            self._await(life, _GRACE_S)
        kill_group(life.pid)
        with suppress(ProcessLookupError):
            os.kill(life.pid, signal.SIGKILL)
        self._await(life, _KILLED_S)

    def _await(self, life: _Life, seconds: float) -> None:
        poll = select.poll()
        poll.register(life.pidfd, select.POLLIN)
        if poll.poll(int(seconds * 1000)):
            life.exited_s = time.monotonic()

    def _clear_up(self, life: _Life, invocation: Invocation, killed: bool) -> int:
        """End what it started; return how many of them were alive after it."""
        marks = tuple(value for name, value in invocation.env if name in ("HOME", "TMPDIR"))
        with family().member(marks) as member:
            member.pid = life.pid
            left = 0 if killed else family().left_behind(member)
            self.orphans += left
            member.is_alone = False
            family().end(member)
        self._sweep()
        return left

    def _sweep(self) -> None:
        """Reap whatever is dead by now."""
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    def _outcome(self, life: _Life, left: int, sent: bytes, waiting: int) -> Outcome:
        """Put into words what the system said. Source: K-082, K-084."""
        status = life.status or 0
        signaled = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        duration_s = life.ended_s - life.started_s
        # K-084: past the deadline nothing counts, not even exit status 0.
        if life.stopped or duration_s >= life.deadline_s:
            ending = Ending.TIMED_OUT
        else:
            ending = Ending.EXITED if signaled is None else Ending.SIGNALED
        keep = self._caps.keep_bytes
        return Outcome(
            ending,
            life.started_s,
            sent,
            b"".join(life.out),
            b"".join(life.err),
            os.WEXITSTATUS(status) if signaled is None else None,
            signaled,
            "",
            duration_s,
            life.exited_s - life.started_s if life.exited_s else duration_s,
            life.out_total > keep,
            life.err_total > keep,
            waiting + len(life.unsent),
            left,
            signaled is not None and (os.WCOREDUMP(status) or signaled in CORE_SIGNALS),
        )


def _has_no_children() -> bool:
    """Whether this process has no child, dead or alive."""
    assert sys.platform == "linux"
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False
