"""A worker: another Python with our search path, and a socket to talk over."""

import json
import os
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path

_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]);"
    "from {module} import main;"
    "main(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])"
)


def start_worker(module: str, root: Path) -> tuple["subprocess.Popen[bytes]", Connection]:
    """Start `main(descriptor, our process id, root)` of `module` in a session of its own.

    Args:
        root: Where it keeps its files; removed by whoever ends it.

    Raises:
        OSError: no process, or no socket, can be had.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        words = (json.dumps(sys.path), str(theirs.fileno()), str(os.getpid()), str(root))
        process = subprocess.Popen(
            [sys.executable, "-c", _START.format(module=module), *words],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(root)},
        )
    return process, Connection(ours.detach())
