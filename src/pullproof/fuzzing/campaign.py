"""A campaign: workers, one prover, one corpus, and an end whatever happens.

Workers fuzz by themselves; what one keeps the others are told. Suspicions go to
the prover, a thread with a process of its own; whatever it decides is saved at
once. Findings are counted by rule first and by shape second: of one check and
one rule only a few shapes are proved, the rest are the same mistake.
"""

import pickle
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Self

from pullproof.engine.family import end_family
from pullproof.engine.result import Finding
from pullproof.engine.start_worker import start_worker
from pullproof.fuzzing.loop import JudgeBroke, Kept, Progress, Suspected, Took
from pullproof.fuzzing.messages import FromWorker, Opened, Orders, Stop, ToWorker, Unable, Welcome
from pullproof.fuzzing.prover import Proved, Prover
from pullproof.fuzzing.sources import Shard
from pullproof.fuzzing.store import Saved, Store, scenario_id
from pullproof.fuzzing.tours import Transition
from pullproof.model.errors import PullproofError
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup
from pullproof.model.verdict import Level
from pullproof.report.documents import case_document

_WORKER = "pullproof.fuzzing.worker_process"
SHAPES = 3
"""Shapes of one check and one rule that are proved."""
_STOP_S = 3.0
_LOOK_S = 0.2
_MOST_LOSSES = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What the caller of a campaign decides."""

    seed: int = 0
    jobs: int = 1
    time_s: float | None = None
    """Until interrupted if None."""
    execs: int | None = None
    """Stop after about so many."""
    until_finding: bool = False
    shard: Shard = field(default_factory=Shard)
    coverage: bool = True
    guided: bool = True
    confine: bool = True


@dataclass(frozen=True, slots=True)
class Status:
    """What a campaign knows at a moment."""

    seconds: float = 0.0
    progress: Progress = field(default_factory=Progress)
    """Sums over all workers; features of the best one."""
    transitions: int = 0
    """Taken by any worker."""
    corpus: int = 0
    """Files, with those that were there before."""
    findings: int = 0
    flaky: int = 0
    proving: int = 0
    feedback: str = ""
    confinement: str = ""
    notes: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """Execs each second."""
        return self.progress.execs / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """How a campaign ended."""

    status: Status
    findings: tuple[Proved, ...]
    flaky: tuple[Proved, ...]
    interrupted: bool
    errors: tuple[str, ...]
    first_finding_s: float | None = None

    def exit_code(self, *, strict: bool = False) -> int:
        """Return a code as `pullproof check` does."""
        weighty = {Level.MUST, Level.POLICY, *((Level.SHOULD,) if strict else ())}
        if any(item.finding.level in weighty for item in self.findings):
            return 1
        if self.errors:
            return 5
        if not self.status.progress.runs:
            return 4
        # A suspicion that nobody came to prove is neither a finding nor none.
        return 3 if self.interrupted or self.flaky or self.status.proving else 0


@dataclass(slots=True, eq=False)
class _Member:
    process: "subprocess.Popen[bytes]"
    connection: Connection
    root: Path
    orders: Orders
    progress: Progress = field(default_factory=Progress)
    opened: bool = False


class Campaign:
    """Fuzzes one provider with several workers. Use as a context manager."""

    def __init__(
        self,
        setup: Setup,
        plan: Plan,
        store: Store,
        target: Sequence[str],
        on_status: Callable[[Status], None] = lambda status: None,
        on_proved: Callable[[Proved, Path], None] = lambda proved, path: None,
    ) -> None:
        self._setup = setup
        self._plan = plan
        self._store = store
        self._target = tuple(target)
        self._on_status = on_status
        self._on_proved = on_proved
        self._root = Path(tempfile.mkdtemp(prefix="pullproof-fuzz-"))
        self._cover = _memory_directory()
        self._members: list[_Member] = []
        self._gone = Progress()
        """Of workers that ended by themselves."""
        self._started = 0
        self._losses = 0
        self._known: set[str] = set()
        self._taken: set[Transition] = set()
        self._shapes: dict[tuple[str, str], int] = {}
        self._suspects: queue.SimpleQueue[Suspected | None] = queue.SimpleQueue()
        self._waiting = 0
        self._proved: queue.SimpleQueue[Proved] = queue.SimpleQueue()
        self._prover: Prover | None = None
        self._findings: list[Proved] = []
        self._flaky: list[Proved] = []
        self._keys: set[str] = set()
        self._errors: dict[str, None] = {}
        self._feedback = self._feedback_name = self._confinement = ""
        self._began = time.monotonic()
        self._first_s: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._kill()

    # --- the whole --------------------------------------------------------------

    def run(self) -> Result:
        """Fuzz until the plan is fulfilled or somebody interrupts."""
        self._began = time.monotonic()
        interrupted = False
        thread = threading.Thread(target=self._prove, name="prover", daemon=True)
        thread.start()
        try:
            saved = tuple(self._store.scenarios())
            self._known.update(item.id for item in saved)
            name = f"{self._plan.shard.index}/{self._plan.shard.count}"
            generation = self._store.generation(self._plan.seed, name)
            for slot in range(self._plan.jobs):
                self._start(slot, generation, tuple(item.scenario for item in saved))
            while not self._is_over():
                self._listen(_LOOK_S)
            self._finish(thread)
        except KeyboardInterrupt:
            interrupted = True
            self._take_proved()
        finally:
            self._kill()
        self._on_status(self.status)
        return Result(
            self.status,
            tuple(self._findings),
            tuple(self._flaky),
            interrupted,
            tuple(self._errors),
            self._first_s,
        )

    @property
    def status(self) -> Status:
        members = [member.progress for member in self._members] + [self._gone]
        best = max(members, key=lambda item: item.features)
        total = replace(
            best,
            execs=sum(item.execs for item in members),
            runs=sum(item.runs for item in members),
            remembered=sum(item.remembered for item in members),
        )
        return Status(
            time.monotonic() - self._began,
            total,
            len(self._taken),
            len(self._known),
            len(self._findings),
            len(self._flaky),
            self._waiting,
            self._feedback,
            self._confinement,
            tuple(self._errors),
        )

    def _is_over(self) -> bool:
        plan = self._plan
        if plan.until_finding and self._findings:
            return True
        if plan.time_s is not None and time.monotonic() - self._began >= plan.time_s:
            return True
        if plan.execs is not None and self.status.progress.execs >= plan.execs:
            return True
        return not self._members

    def _finish(self, thread: threading.Thread) -> None:
        """Let workers end their exec, and the prover what it has."""
        for member in self._members:
            _send(member, Stop())
        until = time.monotonic() + _STOP_S
        while self._members and time.monotonic() < until:
            self._listen(0.05)
        self._suspects.put(None)
        while thread.is_alive() and not (self._plan.until_finding and self._findings):
            thread.join(_LOOK_S)
            self._take_proved()
            self._on_status(self.status)
        self._take_proved()

    # --- workers ----------------------------------------------------------------

    def _start(self, slot: int, generation: int, corpus: tuple[Scenario, ...]) -> None:
        plan = self._plan
        orders = Orders(
            self._setup,
            plan.seed,
            plan.shard.part(slot, plan.jobs),
            slot,
            generation,
            corpus,
            plan.coverage,
            plan.guided,
            plan.confine,
            str(self._cover or ""),
        )
        self._launch(orders)

    def _launch(self, orders: Orders) -> None:
        root = self._root / f"worker-{self._started}"
        self._started += 1
        root.mkdir()
        process, connection = start_worker(_WORKER, root)
        member = _Member(process, connection, root, orders)
        self._members.append(member)
        with suppress(OSError):
            member.connection.send_bytes(pickle.dumps(orders))

    def _listen(self, seconds: float) -> None:
        """Take what workers and the prover say, for `seconds`."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and self._members:
            ready = wait([member.connection for member in self._members], left)
            for member in [item for item in self._members if item.connection in ready]:
                try:
                    message: FromWorker = member.connection.recv()
                except (EOFError, OSError, pickle.UnpicklingError):
                    self._lose(member)
                else:
                    self._take(member, message)
        self._take_proved()
        self._on_status(self.status)

    def _take(self, member: _Member, message: FromWorker) -> None:
        match message:
            case Opened():
                member.opened = True
                self._feedback, self._feedback_name = message.feedback, message.feedback_name
                self._confinement = message.confinement
                if not message.fast:
                    self._confinement += "; the portable launcher (no pidfd here)"
            case Progress():
                member.progress = message
            case Took():
                self._taken |= message.transitions
            case Kept():
                self._keep(member, message)
            case Suspected():
                self._suspect(message)
            case JudgeBroke():
                self._errors[f"{message.check}: {message.reason}"] = None
            case Unable():
                self._errors[message.reason] = None

    def _keep(self, member: _Member, kept: Kept) -> None:
        id_ = scenario_id(kept.scenario)
        if id_ in self._known:
            return
        self._known.add(id_)
        self._store.add(
            Saved(id_, kept.scenario, kept.features, kept.seconds, self._feedback_name, kept.source)
        )
        for other in self._members:
            if other is not member and other.opened:
                _send(other, Welcome(kept.scenario))

    def _lose(self, member: _Member) -> None:
        """A worker has gone: clear up behind it, and start another one unless it
        was told to go, or this goes on and on."""
        code = member.process.wait()
        end_family([member.process.pid], member.root)
        shutil.rmtree(member.root, ignore_errors=True)
        member.connection.close()
        self._members.remove(member)
        self._remember(member.progress)
        if code == 0:
            return
        self._losses += 1
        if self._losses <= _MOST_LOSSES and member.opened:
            self._launch(replace(member.orders, generation=member.orders.generation + 1_000))
        else:
            self._errors[f"a worker ended by itself (status {code})"] = None

    def _remember(self, done: Progress) -> None:
        """Keep what a worker that is gone has done."""
        gone = self._gone
        self._gone = replace(
            done,
            execs=gone.execs + done.execs,
            runs=gone.runs + done.runs,
            remembered=gone.remembered + done.remembered,
            features=max(gone.features, done.features),
            coverage=max(gone.coverage, done.coverage),
            corpus=max(gone.corpus, done.corpus),
        )

    # --- proving ----------------------------------------------------------------

    def _suspect(self, suspected: Suspected) -> None:
        rule = (suspected.check, suspected.failure.verdict.rule)
        if suspected.key in self._keys or self._shapes.get(rule, 0) >= SHAPES:
            return
        self._keys.add(suspected.key)
        self._shapes[rule] = self._shapes.get(rule, 0) + 1
        # Saved before it is proved: whatever happens to us, it can be replayed.
        self._store.save_case("suspects", suspected.key, self._document(_unproved(suspected)))
        self._waiting += 1
        self._suspects.put(suspected)

    def _prove(self) -> None:
        """The prover's thread."""
        try:
            with Prover(self._setup, self._plan.seed) as prover:
                self._prover = prover
                while (suspected := self._suspects.get()) is not None:
                    self._proved.put(prover.prove(suspected))
        except PullproofError as error:
            self._errors[str(error)] = None
        except (OSError, EOFError, ValueError):
            return  # it was killed in the middle of something

    def _take_proved(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._settle(self._proved.get_nowait())

    def _settle(self, proved: Proved) -> None:
        self._waiting -= 1
        self._store.drop_suspect(proved.suspected.key)
        finding = proved.finding
        part, known = ("findings", self._findings) if proved.certain else ("flaky", self._flaky)
        if any(other.finding.key == finding.key for other in known):
            return
        name = finding.key
        if not proved.certain:
            name += f"--{proved.failures}of{proved.executions}"
        elif self._first_s is None:
            self._first_s = proved.at_s - self._began
        known.append(proved)
        self._on_proved(proved, self._store.save_case(part, name, self._document(finding)))

    def _document(self, finding: Finding) -> dict[str, object]:
        return case_document(self._setup, finding, self._target)

    # --- the end ----------------------------------------------------------------

    def _kill(self) -> None:
        """End all processes and files, at once. May be called again."""
        self._suspects.put(None)
        if self._prover is not None:
            self._prover.kill()
        try:
            alive = [m.process.pid for m in self._members if m.process.returncode is None]
            if self._members:
                end_family(alive, self._root)
            for member in list(self._members):
                self._members.remove(member)
                self._remember(member.progress)
                with suppress(OSError):
                    member.connection.close()
                member.process.wait()
        finally:
            shutil.rmtree(self._root, ignore_errors=True)
            if self._cover is not None:
                shutil.rmtree(self._cover, ignore_errors=True)


def _memory_directory() -> Path | None:
    """Return a new directory in memory, if there is such a place: coverage is
    written at every exec, and on a disk that is what costs most."""
    with suppress(OSError):
        return Path(tempfile.mkdtemp(prefix="pullproof-cover-", dir="/dev/shm"))
    return None


def _send(member: _Member, message: ToWorker) -> None:
    # A worker that is gone is noticed when its end of the socket is read.
    with suppress(OSError):
        member.connection.send(message)


def _unproved(suspected: Suspected) -> Finding:
    from pullproof.checks.catalogue import by_id

    failure = suspected.failure
    return Finding(
        suspected.check, by_id(suspected.check).level, failure.verdict, failure.transcript, (1, 1)
    )
