"""Worker processes: start, feed, listen, replace, end.

Two lanes. The fast lane has as many workers as the user allows. Jobs that may
take as long as the kubelet's deadline go to a lane of their own, so that a
provider that hangs for a minute keeps nobody else waiting; its workers sleep
most of the time and are started when there is work for them.
"""

import atexit
import pickle
import shutil
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Self

from pullproof.engine.family import end_family
from pullproof.engine.jobs import Assignment, Finished, Job, Ready, Reply, Unusable
from pullproof.engine.start_worker import start_worker
from pullproof.model.errors import PullproofError

_WORKER = "pullproof.engine.worker_process"
_STOP_S = 3.0
_MOST_FALSE_STARTS = 3


class Lane(IntEnum):
    FAST = 0
    SLOW = 1


class CannotStartWorker(PullproofError):
    """No worker could open a session; nothing can be run."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A worker got the job. Never sent by a worker."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker process ended by itself. Never sent by a worker."""

    detail: str


Message = Reply | Begun | Lost


@dataclass(slots=True, eq=False)
class _Member:
    process: "subprocess.Popen[bytes]"
    connection: Connection
    lane: Lane
    root: Path
    job: Job | None = None
    ready: bool = False

    @property
    def idle(self) -> bool:
        return self.ready and self.job is None


@dataclass(slots=True)
class _Queue:
    """Jobs of one lane; urgent ones are done before the others."""

    size: int
    urgent: "deque[Job]" = field(default_factory=lambda: deque[Job]())
    normal: "deque[Job]" = field(default_factory=lambda: deque[Job]())

    def __len__(self) -> int:
        return len(self.urgent) + len(self.normal)

    def take(self) -> Job:
        return (self.urgent or self.normal).popleft()


class Pool:
    """Workers for one run. Use as a context manager; leaves nothing behind."""

    def __init__(self, assignment: Assignment, *, fast: int, slow: int) -> None:
        """Prepare `fast` and `slow` workers; without slow ones there is one lane."""
        self._assignment = assignment
        self._queues = {Lane.FAST: _Queue(fast), Lane.SLOW: _Queue(slow)}
        self._members: list[_Member] = []
        self._root = Path(tempfile.mkdtemp(prefix="pullproof-run-"))
        self._started = 0
        self._false_starts = 0

    def __enter__(self) -> Self:
        atexit.register(self.kill)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        atexit.unregister(self.kill)

    @property
    def busy(self) -> bool:
        """Whether a job waits or runs."""
        waiting = any(len(queue) for queue in self._queues.values())
        return waiting or any(member.job is not None for member in self._members)

    @property
    def pids(self) -> tuple[int, ...]:
        """Pids of the living workers."""
        return tuple(member.process.pid for member in self._members)

    def submit(self, job: Job, lane: Lane, *, urgent: bool = False) -> None:
        """Queue `job`; urgent jobs overtake the others of their lane."""
        queue = self._queues[lane if self._queues[lane].size else Lane.FAST]
        (queue.urgent if urgent else queue.normal).append(job)

    def drop_waiting(self) -> None:
        """Forget the jobs that no worker has begun."""
        for queue in self._queues.values():
            queue.urgent.clear()
            queue.normal.clear()

    def messages(self, until: float | None) -> Iterator[tuple[Job, Message]]:
        """Yield (job, message) until nothing waits or runs.

        Ends early at monotonic time `until`. Jobs may be submitted meanwhile.

        Raises:
            CannotStartWorker: sessions do not open.
        """
        while self.busy:
            yield from self._hand_out()
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                return
            ready = wait([member.connection for member in self._members], left)
            for member in [m for m in self._members if m.connection in ready]:
                yield from self._receive(member)

    def _hand_out(self) -> Iterator[tuple[Job, Message]]:
        for lane, queue in self._queues.items():
            members = [member for member in self._members if member.lane is lane]
            for member in members:
                if member.idle and queue:
                    member.job = queue.take()
                    self._send(member, member.job)
                    yield member.job, Begun()
            starting = sum(not member.ready for member in members)
            for _ in range(min(len(queue) - starting, queue.size - len(members))):
                self._start(lane)

    def _receive(self, member: _Member) -> Iterator[tuple[Job, Message]]:
        try:
            reply: Reply = member.connection.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            yield from self._lose(member)
            return
        if isinstance(reply, Ready):
            member.ready, self._false_starts = True, 0
        elif isinstance(reply, Unusable):
            raise CannotStartWorker(reply.reason)
        elif member.job is not None:
            job = member.job
            if isinstance(reply, Finished):
                member.job = None
            yield job, reply

    def _lose(self, member: _Member) -> Iterator[tuple[Job, Message]]:
        """Take a dead worker out, with whatever it leaves; another will start."""
        self._end(member)
        detail = f"its worker process ended by itself ({_status(member.process.returncode)})"
        if not member.ready:
            self._false_start(detail)
        if member.job is not None:
            yield member.job, Lost(detail)

    def _false_start(self, reason: str) -> None:
        self._false_starts += 1
        if self._false_starts >= _MOST_FALSE_STARTS:
            raise CannotStartWorker(f"cannot start a worker: {reason}")

    # --- processes ------------------------------------------------------------

    def _start(self, lane: Lane) -> None:
        root = self._root / f"worker-{self._started:04}"
        root.mkdir(parents=True)
        self._started += 1
        process, connection = start_worker(_WORKER, root)
        member = _Member(process, connection, lane, root)
        self._members.append(member)
        self._send_bytes(member, pickle.dumps(self._assignment))

    def _send(self, member: _Member, job: Job | None) -> None:
        self._send_bytes(member, pickle.dumps(job))

    def _send_bytes(self, member: _Member, data: bytes) -> None:
        # A worker that is gone is noticed when its end of the socket is read.
        with suppress(OSError):
            member.connection.send_bytes(data)

    def stop(self) -> None:
        """Let idle workers close their sessions in order."""
        for member in self._members:
            if member.idle:
                self._send(member, None)
        until = time.monotonic() + _STOP_S
        for member in [member for member in self._members if member.idle]:
            with suppress(subprocess.TimeoutExpired):
                member.process.wait(max(0.0, until - time.monotonic()))

    def kill(self) -> None:
        """End all workers, their providers and their files, at once."""
        try:
            # The pid of a reaped process may be somebody else's by now.
            unreaped = [m.process.pid for m in self._members if m.process.returncode is None]
            end_family(unreaped, self._root)
            for member in list(self._members):
                self._remove(member)
        finally:
            shutil.rmtree(self._root, ignore_errors=True)

    def _end(self, member: _Member) -> None:
        end_family([member.process.pid], member.root)
        self._remove(member)

    def _remove(self, member: _Member) -> None:
        with suppress(OSError):
            member.connection.close()
        member.process.wait()
        shutil.rmtree(member.root, ignore_errors=True)
        if member in self._members:
            self._members.remove(member)


def _status(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
