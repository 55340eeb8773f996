"""The client of `zygote`: starts our own Python test providers quickly.

Only a command that is a plain Python script is started that way. Everything
else, and whatever the warm interpreter cannot do, is started as always.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

from pullproof.adapters import processes, zygote
from pullproof.adapters.family import family
from pullproof.adapters.invocation import Invocation, executed_env
from pullproof.adapters.launchers import Child, Launcher, Stdio

_PYTHON = re.compile(r"python3?(\.\d+)?")
_SHEBANG = re.compile(rb"#!\s*\S*/(?:env\s+)?(\S+)\s*$")
_MESSAGE_BYTES = 100 * 1024
"""Larger requests may not fit into a socket's buffer."""


@dataclass(frozen=True, slots=True)
class ZygoteChild:
    """A child of the warm interpreter, which keeps it until we ask for it."""

    pid: int
    owner: "ZygoteLauncher"

    def has_exited(self) -> bool:
        stat = processes.stat(self.pid)
        return stat is None or stat.is_zombie

    def reap(self) -> int:
        try:
            return int(self.owner.ask({"op": "reap", "pid": self.pid})["status"])
        except OSError:
            pass
        # Its parent has gone, so it is an orphan, and orphans are ours.
        try:
            return os.waitpid(self.pid, 0)[1]
        except ChildProcessError:
            return signal.SIGKILL


class ZygoteLauncher:
    """Forks Python scripts off a warm interpreter, and leaves the rest to `other`.

    Linux only: elsewhere, everything is left to `other`.
    """

    def __init__(self, other: Launcher) -> None:
        self._other = other
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._socket: socket.socket | None = None
        if sys.platform == "linux" and processes.available():
            self._start()

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
        """End the warm interpreter. May be called again."""
        self._socket = None
        self._stack.close()

    def start(self, invocation: Invocation, stdio: Stdio) -> Child:
        argv = script_argv(invocation)
        if self._socket is None or argv is None:
            return self._other.start(invocation, stdio)
        request = {
            "op": "run",
            "script": argv[0],
            "argv": argv,
            "env": executed_env(invocation.env),
            "cwd": invocation.cwd,
        }
        if len(json.dumps(request)) > _MESSAGE_BYTES:
            return self._other.start(invocation, stdio)
        fds = (stdio.stdin, stdio.stdout, stdio.stderr)
        try:
            return ZygoteChild(int(self.ask(request, fds)["pid"]), self)
        except OSError:
            self._socket = None  # a provider ended its own parent: go on without
            return self._other.start(invocation, stdio)

    def ask(self, request: dict[str, Any], fds: Sequence[int] = ()) -> dict[str, Any]:
        """Send one request and return the answer.

        Raises:
            OSError: the warm interpreter has gone.
        """
        with self._lock:
            if self._socket is None:
                raise ConnectionError("the zygote has gone")
            socket.send_fds(self._socket, [json.dumps(request).encode()], fds)
            answer = self._socket.recv(zygote.MAX_MESSAGE)
            if not answer:
                raise ConnectionError("the zygote has gone")
            return cast("dict[str, Any]", json.loads(answer))

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            popen = subprocess.Popen(
                # No user site: a provider's HOME is not ours.
                [sys.executable, "-s", zygote.__file__],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PATH": os.environ.get("PATH", os.defpath)},
                cwd="/",
                start_new_session=True,  # an interrupt at the terminal is not its business
            )
        self._stack.callback(popen.wait)
        self._stack.callback(ours.close)
        self._stack.enter_context(family().exempt(popen.pid))
        self._socket = ours


def script_argv(invocation: Invocation) -> list[str] | None:
    """Return `sys.argv` if the invocation runs a plain Python script, else None.

    That is an executable file whose first line names a Python, or our own
    interpreter followed by a script. Variables that configure an interpreter
    need a fresh one.
    """
    if any(_configures_python(name, value) for name, value in invocation.env):
        return None
    argv = list(invocation.argv)
    if _is_python_script(argv[0]):
        return argv
    # Not by realpath: a virtual environment is a link, and has other packages.
    is_ours = argv[0] == sys.executable
    if is_ours and len(argv) > 1 and argv[1].endswith(".py") and os.access(argv[1], os.R_OK):
        return argv[1:]
    return None


def _configures_python(name: str, value: str) -> bool:
    if name.startswith(("LC_", "LANG")):
        # In these the standard streams are as the zygote opens them.
        return value not in ("", "C", "POSIX", "C.UTF-8")
    return name.startswith(("PYTHON", "LD_"))


def _is_python_script(path: str) -> bool:
    if not os.access(path, os.X_OK) or os.path.isdir(path):
        return False
    try:
        with open(path, "rb") as file:
            match = _SHEBANG.match(file.readline(256))
    except OSError:
        return False
    return match is not None and bool(_PYTHON.fullmatch(os.fsdecode(match[1]).split("/")[-1]))
