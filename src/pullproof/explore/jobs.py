"""Independent explorations spread over worker processes.

A job is told to a worker by what it is made of, as machines are made of
functions and cannot be sent. Results come back in the order of the jobs,
whatever order they were done in.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, Protocol, TypeVar

from pullproof.explore.result import Exploration, Options, Progress
from pullproof.explore.search import explore
from pullproof.model.errors import PullproofError
from pullproof.model.machine import Machine

Result_co = TypeVar("Result_co", covariant=True)
Answer = TypeVar("Answer")
OnProgress = Callable[[Progress], None]
BUILDER = "pullproof.model.protocol.build:build"


class Job(Protocol[Result_co]):
    """Something a worker does; picklable, and so is its result."""

    def run(self, on_progress: OnProgress | None) -> Result_co: ...


class WorkerFailed(PullproofError):
    """A worker ended, or its job raised; the message says which."""


@dataclass(frozen=True, slots=True)
class ExploreJob:
    """One configuration under one set of rules."""

    params: Any
    mutant: str = ""
    options: Options = field(default_factory=Options)
    builder: str = BUILDER
    """`module:function`, called with params and mutant."""

    def machine(self) -> Machine:
        """Return the machine that is explored."""
        return build_machine(self.builder, self.params, self.mutant)

    def run(self, on_progress: OnProgress | None) -> Exploration:
        return explore(self.machine(), self.options, on_progress)


def build_machine(builder: str, params: Any, mutant: str) -> Machine:
    """Return the machine that a builder makes."""
    machine: Machine = resolve(builder)(params, mutant)
    return machine


def resolve(name: str) -> Any:
    """Return what `module:function` names."""
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


def cores() -> int:
    """Return how many processes can run at a time."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def with_share(options: Options, workers: int) -> Options:
    """Return options in which a worker has its part of the memory."""
    if options.memory_bytes is None:
        return options
    return replace(options, memory_bytes=options.memory_bytes // max(1, workers))


def run_jobs(
    jobs: Sequence[Job[Answer]],
    workers: int,
    on_progress: OnProgress | None = None,
    on_done: Callable[[int, Answer], None] | None = None,
) -> list[Answer | None]:
    """Do all jobs; return their results in order, None for those an interrupt left out.

    Raises:
        WorkerFailed: a job raised in its worker, or the worker was killed.
    """
    if min(workers, len(jobs)) <= 1:
        return _run_here(jobs, on_progress, on_done)
    return _Pool(jobs, min(workers, len(jobs)), on_progress, on_done).run()


def _run_here(
    jobs: Sequence[Job[Answer]],
    on_progress: OnProgress | None,
    on_done: Callable[[int, Answer], None] | None,
) -> list[Answer | None]:
    results: list[Answer | None] = [None] * len(jobs)
    for i, job in enumerate(jobs):
        result = job.run(on_progress)
        results[i] = result
        if on_done is not None:
            on_done(i, result)
        if getattr(result, "stop", "") == "interrupted":
            break
    return results


class _Pool(Generic[Answer]):
    def __init__(
        self,
        jobs: Sequence[Job[Answer]],
        workers: int,
        on_progress: OnProgress | None,
        on_done: Callable[[int, Answer], None] | None,
    ) -> None:
        self.jobs = jobs
        self.results: list[Answer | None] = [None] * len(jobs)
        self.waiting = list(range(len(jobs)))
        self.on_progress = on_progress
        self.on_done = on_done
        self.workers: dict[Connection, SpawnProcess] = {}
        self.busy: dict[Connection, int] = {}
        self.size = workers
        self.interrupted = False

    def run(self) -> list[Answer | None]:
        context = multiprocessing.get_context("spawn")
        try:
            for _ in range(self.size):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs,), daemon=True)
                process.start()
                theirs.close()
                self.workers[ours] = process
                self._give(ours)
            self._listen()
        finally:
            for connection, process in self.workers.items():
                connection.close()
                process.join(1.0)
                if process.is_alive():
                    process.terminate()
                    process.join()
        return self.results

    def _give(self, connection: Connection) -> None:
        if not self.waiting:
            return
        index = self.waiting.pop(0)
        connection.send((index, self.jobs[index]))
        self.busy[connection] = index

    def _listen(self) -> None:
        while self.busy:
            try:
                for each in wait(list(self.busy)):
                    assert isinstance(each, Connection)
                    self._hear(each)
            except KeyboardInterrupt:
                if self.interrupted:
                    raise
                self.interrupted = True
                self.waiting.clear()
                # Workers end their explorations and send what they have.
                for connection in self.busy:
                    _interrupt(self.workers[connection])

    def _hear(self, connection: Connection) -> None:
        index = self.busy[connection]
        try:
            kind, content = connection.recv()
        except EOFError:
            if self.interrupted:
                del self.busy[connection]
                return
            raise WorkerFailed(f"the worker of job {index} ended") from None
        if kind == "progress":
            if self.on_progress is not None:
                self.on_progress(content)
            return
        del self.busy[connection]
        if kind == "failed":
            raise WorkerFailed(content)
        self.results[index] = content
        if self.on_done is not None:
            self.on_done(index, content)
        self._give(connection)


def _interrupt(process: SpawnProcess) -> None:
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, signal.SIGINT)


def _work(connection: Connection) -> None:
    """Do jobs until the connection closes."""
    if hasattr(os, "setpgrp"):
        # Ctrl-C at the terminal goes to the parent alone, which tells us once.
        os.setpgrp()

    def say(kind: str, content: Any) -> None:
        try:
            connection.send((kind, content))
        except OSError:
            # The parent was killed: nobody is left to work for.
            raise SystemExit(1) from None

    def tell(progress: Progress) -> None:
        say("progress", progress)

    while True:
        try:
            index, job = connection.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        try:
            result = job.run(tell)
        except KeyboardInterrupt:
            # Between explorations: there is nothing to send.
            return
        except Exception as error:  # noqa: BLE001 - it is the parent that reports it
            say("failed", f"job {index}: {type(error).__name__}: {error}")
            continue
        say("done", result)
