"""The search itself: level by level, so that every trace is a shortest one."""

import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pullproof.explore.checkpoint import Checkpoint, Snapshot
from pullproof.explore.engine import CHUNK, NO_EVENT, Engine, Expansion, Hit, Numbers, PlainEngine
from pullproof.explore.evaluate import Evaluator
from pullproof.explore.liveness import LivenessWatch
from pullproof.explore.memory import resident_bytes
from pullproof.explore.paths import PathFinder
from pullproof.explore.result import (
    Exploration,
    Options,
    Progress,
    PropertyResult,
    Status,
    Stop,
)
from pullproof.explore.symmetry import symmetries
from pullproof.explore.tables import Tables
from pullproof.explore.traces import Trace
from pullproof.model.errors import Problem, UserError
from pullproof.model.machine import LivenessProperty, Machine, Promise, Property

SMALLEST_CHUNK = 64
_SAY_EVERY_S = 0.25


@dataclass(slots=True)
class Levels:
    """How each state was first reached: per level, parent's position and event."""

    parents: list[Numbers] = field(default_factory=list[Numbers])
    events: list[Numbers] = field(default_factory=list[Numbers])

    def path(self, level: int, position: int) -> list[int]:
        """Return the events from the initial state to a state."""
        path: list[int] = []
        for depth in range(level, 0, -1):
            path.append(int(self.events[depth - 1][position]))
            position = int(self.parents[depth - 1][position])
        return path[::-1]


@dataclass(frozen=True, slots=True)
class Find:
    """Where a property was decided first."""

    level: int
    position: int
    event: int = NO_EVENT


def explore(
    machine: Machine,
    options: Options | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    **settings: Any,
) -> Exploration:
    """Explore all states that a machine can reach, or as many as the options allow.

    Args:
        settings: Fields of `Options`, for short.

    Raises:
        AssertionError: the machine is not what it must be: an event writes
            what it does not declare, or is not a function of what it reads.
        UserError: the checkpoint is of another machine.
    """
    chosen = options if options is not None else Options(**settings)
    return _Search(narrowed(machine, chosen.only), chosen, on_progress).run()


def narrowed(machine: Machine, only: frozenset[str] | None) -> Machine:
    """Return the machine with those of its properties that are wanted."""
    if only is None:
        return machine
    return replace(machine, properties=tuple(p for p in machine.properties if p.id in only))


def new_engine(tables: Tables, evaluator: Evaluator, numpy: bool | None) -> Engine:
    """Return the engine on arrays, or the plain one without numpy."""
    if numpy is False:
        return PlainEngine(tables, evaluator)
    try:
        from pullproof.explore.fast import FastEngine
    except ImportError:
        if numpy:
            raise
        return PlainEngine(tables, evaluator)
    return FastEngine(tables, evaluator)


class _Search:
    def __init__(
        self,
        machine: Machine,
        options: Options,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self.machine = machine
        self.options = options
        self.on_progress = on_progress
        permutations = symmetries(machine) if options.symmetry else ()
        self.tables = Tables(machine, permutations)
        self.evaluator = Evaluator(machine, self.tables)
        self.engine = new_engine(self.tables, self.evaluator, options.numpy)
        self.watches = [
            LivenessWatch(i, each, self.evaluator)
            for i, each in enumerate(machine.properties)
            if isinstance(each, LivenessProperty)
        ]
        self.levels = Levels()
        self.finds: dict[int, Find] = {}
        self.level = 0
        self.states = 0
        self.unreduced = 0
        self.terminal = 0
        self.transitions = [0] * len(machine.events)
        self.started = time.monotonic()
        self.said = 0.0
        limit = options.limit_states
        # A small limit is kept more closely; both engines count alike.
        self.chunk = CHUNK if limit is None else max(SMALLEST_CHUNK, min(CHUNK, limit // 16))
        self.checkpoint = self._checkpoint(options)

    def run(self) -> Exploration:
        try:
            stop = self._search()
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
        if stop is Stop.COMPLETE:
            self._liveness()
        return self._exploration(stop)

    def _search(self) -> Stop:
        if not self._restored():
            self._note(self.engine.begin(), 0)
            self.states = self.unreduced = 1
            self._watch()
            self._keep()
        while self.engine.size:
            stop = self._before_level() or self._level()
            if stop is not None:
                return stop
        return Stop.COMPLETE

    def _before_level(self) -> Stop | None:
        if self.options.stop_on is not None and self._is_violated(self.options.stop_on):
            return Stop.VIOLATION
        if self.options.limit_depth is not None and self.level >= self.options.limit_depth:
            return Stop.DEPTH
        return None

    def _is_violated(self, ids: frozenset[str]) -> bool:
        properties = self.machine.properties
        return any(
            properties[i].id in ids and _promise(properties[i]) is Promise.ALWAYS
            for i in self.finds
        )

    def _level(self) -> Stop | None:
        """Expand the frontier; return why to stop, if it was not all expanded."""
        parents: list[Numbers] = []
        events: list[Numbers] = []
        stop = None
        try:
            for start in range(0, self.engine.size, self.chunk):
                stop = self._before_piece()
                if stop is not None:
                    break
                made = self.engine.expand(start, min(start + self.chunk, self.engine.size))
                # Before anything is noted: what is noted must have a path.
                parents.append(made.parents)
                events.append(made.events)
                self._count(made)
                self._say(start)
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
        self.levels.parents.append(_joined(parents, "I"))
        self.levels.events.append(_joined(events, "H"))
        if stop is not None:
            return stop
        self.engine.advance()
        if not self.engine.size:
            return None
        self.level += 1
        self._watch()
        self._keep()
        return None

    def _count(self, made: Expansion) -> None:
        self.states += len(made.parents)
        self.unreduced += made.unreduced
        self.terminal += made.terminal
        for event, count in enumerate(made.transitions):
            self.transitions[event] += count
        self._note(made.step_hits, self.level)
        self._note(made.state_hits, self.level + 1)

    def _before_piece(self) -> Stop | None:
        limit = self.options.limit_states
        if limit is not None and self.states >= limit:
            return Stop.LIMIT
        memory = self.options.memory_bytes
        if memory is not None and resident_bytes() + self.engine.growth() > memory:
            return Stop.MEMORY
        return None

    def _note(self, hits: Sequence[Hit], level: int) -> None:
        """Keep the first place of each property; within a piece, the first event's."""
        for hit in sorted(hits, key=lambda each: (each.event, each.position)):
            if hit.property not in self.finds:
                self.finds[hit.property] = Find(level, hit.position, hit.event)
        self.evaluator.settle(self.finds)

    def _watch(self) -> None:
        for watch in self.watches:
            watch.watch(self.engine, self.level)

    def _liveness(self) -> None:
        for watch in self.watches:
            found = watch.violation()
            if found is not None:
                self.finds[watch.number] = Find(*found)

    def _say(self, done: int) -> None:
        now = time.monotonic()
        if self.on_progress is None or now - self.said < _SAY_EVERY_S:
            return
        self.said = now
        self.on_progress(
            Progress(
                self.machine.name,
                self.states,
                sum(self.transitions),
                self.engine.size - done,
                self.level,
                now - self.started,
                resident_bytes(),
            )
        )

    # Checkpoints.

    def _checkpoint(self, options: Options) -> Checkpoint | None:
        if options.checkpoint is None:
            return None
        if self.engine.words == 0:
            raise UserError(Problem("checkpoints need numpy: pip install 'pullproof[explore]'"))
        return Checkpoint(options.checkpoint, self.machine, self.tables)

    def _keep(self) -> None:
        if self.checkpoint is None:
            return
        finds = tuple((i, f.level, f.position, f.event) for i, f in self.finds.items())
        self.checkpoint.keep(
            Snapshot(
                self.level,
                self.states,
                self.unreduced,
                self.terminal,
                tuple(self.transitions),
                finds,
            ),
            self.engine.columns(),
            self.levels.parents[-1] if self.level else None,
            self.levels.events[-1] if self.level else None,
        )

    def _restored(self) -> bool:
        """Take over the levels of an earlier run; return whether there is one."""
        if self.checkpoint is None or not self.options.resume:
            return False
        snapshot = self.checkpoint.read()
        if snapshot is None:
            return False
        for level in range(snapshot.level + 1):
            columns, parents, events = self.checkpoint.level(level)
            self.engine.adopt(columns)
            self.level = level
            self._watch()
            if level:
                self.levels.parents.append(parents)
                self.levels.events.append(events)
        self.states, self.unreduced = snapshot.states, snapshot.unreduced
        self.terminal = snapshot.terminal
        self.transitions = list(snapshot.transitions)
        self.finds = {i: Find(level, at, event) for i, level, at, event in snapshot.finds}
        return True

    # The result.

    def _exploration(self, stop: Stop) -> Exploration:
        counts = {event.kind: 0 for event in self.machine.events}
        for event, count in zip(self.machine.events, self.transitions, strict=True):
            counts[event.kind] += count
        partial = self.levels.events[self.level :]
        return Exploration(
            machine=self.machine.name,
            parameters=dict(self.machine.parameters),
            states=self.states,
            unreduced=self.unreduced,
            transitions=sum(self.transitions),
            depth=self.level + any(map(len, partial)),
            terminal=self.terminal,
            stop=stop,
            properties=tuple(self._results()),
            event_counts=counts,
            permutations=len(self.tables.permutations) + 1,
            seconds=time.monotonic() - self.started,
            memory_bytes=resident_bytes(),
            worked_out=sum(each.worked_out for each in self.evaluator.events),
            words=self.engine.words,
            reads=self._unasked(),
        )

    def _unasked(self) -> dict[str, tuple[str, ...]]:
        names = self.tables.names
        found: dict[str, tuple[str, ...]] = {}
        for event, question in zip(self.machine.events, self.evaluator.events, strict=True):
            unasked = [names[c] for i, c in enumerate(question.reads) if i not in question.asked]
            if unasked:
                found[event.name] = tuple(unasked)
        return found

    def _results(self) -> Iterator[PropertyResult]:
        """Yield one result per id, in declaration order."""
        by_id: dict[str, list[int]] = {}
        for i, each in enumerate(self.machine.properties):
            by_id.setdefault(each.id, []).append(i)
        finder = PathFinder(self.machine, self.tables)
        for id_, members in by_id.items():
            first = self.machine.properties[members[0]]
            found = [i for i in members if i in self.finds]
            best = min(found, key=lambda i: self._length(self.finds[i]), default=None)
            trace = None if best is None else self._trace(finder, best)
            always = _promise(first) is Promise.ALWAYS
            status = {
                (True, True): Status.VIOLATED,
                (True, False): Status.HELD,
                (False, True): Status.WITNESSED,
                (False, False): Status.UNWITNESSED,
            }[always, trace is not None]
            prose = first.prose if best is None else self.machine.properties[best].prose
            yield PropertyResult(id_, prose, first.rules, status, trace)

    @staticmethod
    def _length(find: Find) -> int:
        return find.level + (find.event != NO_EVENT)

    def _trace(self, finder: PathFinder, number: int) -> Trace:
        find = self.finds[number]
        path = self.levels.path(find.level, find.position)
        return finder.trace(path, find.event, self.machine.properties[number])


def _promise(each: Property) -> Promise:
    return Promise.ALWAYS if isinstance(each, LivenessProperty) else each.promise


def _joined(parts: list[Numbers], code: str) -> Numbers:
    """Return the parts in one compact array, of whichever kind they are."""
    parts = [part for part in parts if len(part)]
    if parts and not isinstance(parts[0], list):
        import numpy as np

        arrays: list[Any] = list(parts)
        joined: Numbers = np.concatenate(arrays)
        return joined
    flat: array[int] = array(code)
    for part in parts:
        flat.extend(part[i] for i in range(len(part)))
    return flat
