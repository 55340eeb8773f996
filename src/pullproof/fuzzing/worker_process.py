"""The process around a loop: confined once, before the first provider starts.

Started by `campaign` as an interpreter of its own in its own session, with a
socket as its only tie. When the parent goes, even by SIGKILL, the kernel sends
SIGTERM, and providers and files go, too.
"""

import contextlib
import ctypes
import gc
import os
import pickle
import shutil
import signal
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from pullproof.adapters.spawn_confine import (
    Confinement,
    isolate_network,
    limit,
    pin,
    restrict_files,
)
from pullproof.adapters.spawn_session import SpawnSession
from pullproof.engine.family import end_family
from pullproof.engine.judging import describe
from pullproof.fuzzing.feedback.choose import choose
from pullproof.fuzzing.loop import Loop
from pullproof.fuzzing.messages import Opened, Orders, Stop, ToWorker, Unable, Welcome
from pullproof.fuzzing.vocabulary import vocabulary
from pullproof.model.scenario import ExecStep, Scenario
from pullproof.model.setup import Setup
from pullproof.model.transcript import Transcript

_PR_SET_PDEATHSIG = 1
_TELL_S = 0.25


def main(socket: int, parent: int, root: str) -> None:
    """Fuzz until told to stop. `root` takes all files of this worker."""
    os.set_inheritable(socket, False)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = os.environ["TMPDIR"] = root
    connection = Connection(socket)
    try:
        _die_with(parent)
        orders: Orders = pickle.loads(connection.recv_bytes())
        try:
            _fuzz(connection, orders, Path(root))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
            connection.send(Unable(describe(error)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent is gone: nobody is left to tell
    finally:
        end_family({os.getpid()}, Path(root))
        shutil.rmtree(root, ignore_errors=True)


def _fuzz(connection: Connection, orders: Orders, root: Path) -> None:
    parts = [pin(orders.slot)]
    if orders.confine:
        parts += [isolate_network(), limit()]
    isolated = any(part.name == "network" and part.active for part in parts)

    def perform(setup: Setup) -> Transcript:
        with SpawnSession(setup, seed=orders.seed, root=root, gentle=True) as trial:
            return trial.perform(_plainest(setup))

    cover = Path(tempfile.mkdtemp(prefix="cover-", dir=orders.coverage_root or root))
    choice = choose(orders.setup, cover, perform, coverage=orders.coverage)
    with SpawnSession(choice.setup, seed=orders.seed, root=root, gentle=True) as session:
        if orders.confine:
            ports = [] if isolated else _ports(session)
            parts.append(restrict_files([root, cover], ports))
        loop = Loop(
            choice.setup,
            session,
            choice.feedback,
            seed=orders.seed,
            shard=orders.shard,
            generation=orders.generation,
            guided=orders.guided,
        )
        for scenario in orders.corpus:
            loop.welcome(scenario)
        confinement = Confinement(tuple(parts)).describe()
        gc.freeze()  # all this stays; it need not be looked through again and again
        connection.send(Opened(choice.why, choice.feedback.name, confinement, session.fast))
        _serve(connection, loop)


def _serve(connection: Connection, loop: Loop) -> None:
    told = 0.0
    while True:
        while connection.poll():
            message: ToWorker = connection.recv()
            if isinstance(message, Stop):
                connection.send(loop.took())
                connection.send(loop.progress)
                return
            assert isinstance(message, Welcome)
            loop.welcome(message.scenario)
        for event in loop.step():
            connection.send(event)
        now = time.monotonic()
        if now - told >= _TELL_S:
            told = now
            connection.send(loop.took())
            connection.send(loop.progress)


def _plainest(setup: Setup) -> Scenario:
    image, workload = next(iter(vocabulary(setup, ()).images), ("registry.example/app", None))
    return Scenario("A00", (ExecStep("baseline", image, workload),))


def _ports(session: SpawnSession) -> list[int]:
    """Return the ports of the embedded world."""
    found: set[int] = set()
    for name, value in session.world.names.items():
        text = value if "//" in value else f"//{value}"
        with contextlib.suppress(ValueError):
            port = urlsplit(text).port if name.endswith((".url", ".host")) else None
            if port:
                found.add(port)
    return sorted(found)


def _leave(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above could matter
        raise SystemExit(1)
