"""The process around a worker: a socket, signals, and a clean end.

Started by `pool` as its own interpreter in its own session. The socket is its
only tie to the parent. When the parent is gone, even by SIGKILL, the socket
ends and the kernel sends SIGTERM; either way providers and files go, too.
"""

import contextlib
import ctypes
import os
import pickle
import shutil
import signal
import sys
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from types import FrameType

from pullproof.engine.family import end_family
from pullproof.engine.jobs import Assignment, Job, Ready, Unusable
from pullproof.engine.judging import describe
from pullproof.engine.worker import Worker

_PR_SET_PDEATHSIG = 1
_GRACE_S = 2.0


def main(socket: int, parent: int, root: str) -> None:
    """Serve jobs from the inherited `socket` until the parent says stop.

    `root` takes all temporary files of this worker and goes with it.
    """
    # Providers must not inherit it: the socket's end is how both sides notice
    # that the other one is gone.
    os.set_inheritable(socket, False)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = os.environ["TMPDIR"] = root
    try:
        _die_with(parent)
        _serve(Connection(socket), Path(root))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent is gone: nobody is left to tell
    finally:
        _clear(Path(root))


def _serve(connection: Connection, root: Path) -> None:
    assignment: Assignment = pickle.loads(connection.recv_bytes())
    jobs: SimpleQueue[Job | None] = SimpleQueue()
    threading.Thread(target=_listen, args=(connection, jobs, root), daemon=True).start()
    try:
        worker = Worker(assignment).__enter__()
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        connection.send(Unusable(describe(error)))
        return
    with worker:
        connection.send(Ready())
        while (job := jobs.get()) is not None:
            for reply in worker.do(job):
                connection.send(reply)


def _listen(connection: Connection, jobs: "SimpleQueue[Job | None]", root: Path) -> None:
    """Pass jobs on; when the parent is gone, end this process for certain."""
    try:
        while (job := connection.recv()) is not None:
            jobs.put(job)
        jobs.put(None)
    except (EOFError, OSError):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE_S)
        _clear(root)
        os._exit(1)


def _leave(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _clear(root: Path) -> None:
    """Leave no process and no file, in case nobody else is left to see to it."""
    end_family({os.getpid()}, root)
    shutil.rmtree(root, ignore_errors=True)
    with contextlib.suppress(OSError):
        root.parent.rmdir()  # of the run; the last of its workers succeeds


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above could matter
        raise SystemExit(1)
