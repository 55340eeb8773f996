"""Ways to start a provider: each returns a child that `runner` can wait for.

`SpawnLauncher` is the fast one. It needs the calling thread to have a working
directory of its own (`detach_cwd`), because `posix_spawn` starts a program
where its parent is. `PopenLauncher` works everywhere.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Protocol

from pullproof.adapters.invocation import CannotStart, Invocation, executed_env

_CLONE_FS = 0x200


@dataclass(frozen=True, slots=True)
class Stdio:
    """The provider's ends of its three pipes, all above 2."""

    stdin: int
    stdout: int
    stderr: int


class Child(Protocol):
    """A started process that nobody else reaps."""

    @property
    def pid(self) -> int: ...

    def has_exited(self) -> bool:
        """Whether it is dead. Where possible this does not reap it."""
        ...

    def reap(self) -> int:
        """Wait for it; return its wait status (as `os.waitpid` does)."""
        ...


class Launcher(Protocol):
    """Starts providers, from any thread."""

    def start(self, invocation: Invocation, stdio: Stdio) -> Child:
        """Start it in a new session with all signals at their defaults.

        Raises:
            CannotStart: the operating system refused.
        """
        ...


def _has_exited(pid: int) -> bool:
    if sys.platform != "linux":  # pragma: no cover - not in Python before 3.13
        raise NotImplementedError
    options = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, pid, options) is not None


@dataclass(frozen=True, slots=True)
class OwnChild:
    """A direct child, waited for by its id."""

    pid: int

    def has_exited(self) -> bool:
        return _has_exited(self.pid)

    def reap(self) -> int:
        return os.waitpid(self.pid, 0)[1]


def detach_cwd() -> bool:
    """Give the calling thread a working directory of its own, for good.

    Returns:
        False where that is impossible: not Linux, or forbidden (containers).
    """
    if sys.platform != "linux":
        return False
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    return bool(unshare(ctypes.c_int(_CLONE_FS)) == 0)


def can_detach_cwd() -> bool:
    """Try `detach_cwd` in a thread that ends at once."""
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(detach_cwd()))
    thread.start()
    thread.join()
    return answers == [True]


def _catchable_signals() -> frozenset[int]:
    return frozenset(
        int(number)
        for number in signal.valid_signals()
        if number not in (signal.SIGKILL, signal.SIGSTOP)
    )


class SpawnLauncher:
    """`posix_spawn`, from threads that called `detach_cwd` before."""

    def __init__(self) -> None:
        # Python ignores SIGPIPE, and whoever started us may ignore others; the
        # kubelet's children have them all at their defaults.
        self._defaults = _catchable_signals()
        # What we inherited ourselves must not reach the provider. A descriptor
        # of these that was closed since is no error to posix_spawn.
        self._closes = [(os.POSIX_SPAWN_CLOSE, fd) for fd in inheritable()]

    def start(self, invocation: Invocation, stdio: Stdio) -> Child:
        path = invocation.argv[0]
        actions = [
            (os.POSIX_SPAWN_DUP2, stdio.stdin, 0),
            (os.POSIX_SPAWN_DUP2, stdio.stdout, 1),
            (os.POSIX_SPAWN_DUP2, stdio.stderr, 2),
            *self._closes,
        ]
        try:
            os.chdir(invocation.cwd)
            pid = os.posix_spawn(
                path,
                invocation.argv,
                executed_env(invocation.env),
                file_actions=actions,
                setsid=True,  # no terminal to ask for a password, as in the kubelet
                setsigmask=(),
                setsigdef=self._defaults,
            )
        except (OSError, ValueError) as error:
            raise CannotStart(path, reason(error)) from None
        return OwnChild(pid)


@dataclass(frozen=True, slots=True)
class PopenChild:
    """A child of the `subprocess` module, which must do the reaping."""

    popen: "subprocess.Popen[bytes]"

    @property
    def pid(self) -> int:
        return self.popen.pid

    def has_exited(self) -> bool:
        # Before 3.13 macOS offers no way to look without reaping.
        if sys.platform == "linux" and self.popen.returncode is None:
            return _has_exited(self.pid)
        return self.popen.poll() is not None

    def reap(self) -> int:
        code = self.popen.wait()
        return -code if code < 0 else code << 8


class PopenLauncher:
    """The `subprocess` module: about 20 % slower, and portable."""

    def start(self, invocation: Invocation, stdio: Stdio) -> Child:
        path = invocation.argv[0]
        try:
            popen = subprocess.Popen(
                invocation.argv,
                env=executed_env(invocation.env),
                cwd=invocation.cwd,
                stdin=stdio.stdin,
                stdout=stdio.stdout,
                stderr=stdio.stderr,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise CannotStart(path, reason(error)) from None
        return PopenChild(popen)


def best_launcher() -> Launcher:
    """Return the fastest launcher that is correct on this system."""
    return SpawnLauncher() if can_detach_cwd() else PopenLauncher()


def reason(error: OSError | ValueError) -> str:
    """Return why a start failed, in Go's words (which are strerror's, in lower
    case). A NUL in a text is EINVAL to Go and a ValueError to Python."""
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno).lower()
    return "invalid argument"


def inheritable() -> list[int]:
    """Return our descriptors above 2 that a program we start would get."""
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return []
    found: list[int] = []
    for fd in map(int, names):
        try:
            if fd > 2 and os.get_inheritable(fd):
                found.append(fd)
        except OSError:
            continue  # it was the listing's own
    return found
