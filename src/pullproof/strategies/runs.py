"""One run of a `Machine`, event by event, with every promise watched.

What may happen in a state is asked again and again while Hypothesis draws and
shrinks. An event is a function of what it reads, so its outcome and the
verdicts on it are worked out once per distinct reading and kept.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pullproof.explore.text import trace_text
from pullproof.explore.traces import trace_of
from pullproof.model.errors import Problem, UserError
from pullproof.model.machine import (
    Effect,
    Event,
    ImpossibleEvent,
    LivenessProperty,
    Machine,
    Promise,
    StateProperty,
    StepProperty,
    Value,
    try_step,
)
from pullproof.model.protocol.promises import is_promise_only

Label = str
"""An event's name, `kubelet.looks-up(pod-a,r.test/a)`: what traces and files hold."""
State = Mapping[str, Value]

LEFT_OUT = "a run that ends has not said that a goal is out of reach; the explorer does"
"""Why no run is judged by a liveness property."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event that happened."""

    before: State
    event: Event
    effect: Effect


class Violation(AssertionError):
    """A run violates a promise of its machine; `str()` shows its essential steps."""

    def __init__(self, machine: Machine, labels: Sequence[Label], broken: Sequence[str]) -> None:
        super().__init__(machine, labels, broken)
        self.machine = machine
        self.labels = tuple(labels)
        self.broken = tuple(broken)

    @cached_property
    def essential(self) -> tuple[Label, ...]:
        """The run without the steps that the violation does not need.

        Hypothesis takes away what it can without changing what is drawn later;
        here whatever then cannot happen is passed over.
        """
        table, labels = Table(self.machine, promises=True), self.labels
        at = len(labels) - 1
        while at >= 0:
            shorter = _breaking(table, (*labels[:at], *labels[at + 1 :]), self.broken[0])
            if shorter is not None:
                labels = shorter
            at = min(at, len(labels)) - 1
        return labels

    def __str__(self) -> str:
        first = next(each for each in self.machine.properties if each.id == self.broken[0])
        rules = " ".join(first.rules)
        title = f"{first.id} is violated in {self.machine.name} [{rules}]\n  {first.prose}"
        return trace_text(trace_of(self.machine, events_of(self.machine, self.essential)), title)


def _breaking(table: "Table", labels: Sequence[Label], wanted: str) -> tuple[Label, ...] | None:
    """Return what of a run happens until it violates a property; None: it does not."""
    run = Run(table, forgives=True)
    for event in events_of(table.machine, labels):
        if run.can(event):
            run.take(event)
        if wanted in run.broken:
            return tuple(run.labels)
    return None


def events_of(machine: Machine, labels: Sequence[Label]) -> tuple[Event, ...]:
    """Return the events that labels name.

    Raises:
        UserError: the machine has no such event.
    """
    by_name = {event.name: event for event in machine.events}
    unknown = [label for label in labels if label not in by_name]
    if unknown:
        raise UserError(Problem(f"{machine.name} has no event {unknown[0]}"))
    return tuple(by_name[label] for label in labels)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an event does, worked out once for all states that read alike."""

    effect: Effect
    numbers: tuple[tuple[str, int], ...]
    """What it writes, as the table numbers values."""
    broken: tuple[str, ...]
    """Ids of step properties that it violates."""


Numbers = dict[str, int]
"""A state as the numbers of its values: quick to compare and to look up."""


class Table:
    """The outcomes of a machine's events by what they read."""

    def __init__(self, machine: Machine, *, promises: bool = False) -> None:
        """Take a machine.

        Args:
            promises: Also watch what nobody promised (ids that begin with `P-`).
        """
        self.machine = machine
        self._numbers: dict[Value, int] = {}
        self._known: dict[str, dict[tuple[int, ...], Outcome | None]] = {
            event.name: {} for event in machine.events
        }
        always = [each for each in machine.properties if _is_watched(each, promises=promises)]
        self._steps = [each for each in always if isinstance(each, StepProperty)]
        self._states = [each for each in always if isinstance(each, StateProperty)]
        self._judged: dict[tuple[str, tuple[int, ...]], bool] = {}
        self.watched = frozenset(each.id for each in always)
        """Ids of the properties that runs are judged by."""

    def number(self, value: Value) -> int:
        """Return a number that equal values share, and no others."""
        return self._numbers.setdefault(value, len(self._numbers))

    def outcome(self, state: State, numbers: Numbers, event: Event) -> Outcome | None:
        """Return what an event does and breaks in a state; None: it is not possible."""
        known = self._known[event.name]
        reading = tuple([numbers[name] for name in event.reads])
        if reading not in known:
            known[reading] = self._work_out(state, event)
        return known[reading]

    def _work_out(self, state: State, event: Event) -> Outcome | None:
        done = try_step(state, event)
        if done is None:
            return None
        effect = done[1]
        view = {name: state[name] for name in event.reads}
        broken = tuple(
            each.id
            for each in self._steps
            if (not each.kinds or event.kind in each.kinds) and not each.holds(view, event, effect)
        )
        written = tuple((name, self.number(value)) for name, value in effect.writes)
        return Outcome(effect, written, broken)

    def broken(self, state: State, numbers: Numbers) -> list[str]:
        """Return the ids of state properties that do not hold."""
        return [each.id for each in self._states if not self._holds(each, state, numbers)]

    def _holds(self, each: StateProperty, state: State, numbers: Numbers) -> bool:
        key = each.id, tuple([numbers[name] for name in each.reads])
        if key not in self._judged:
            self._judged[key] = each.holds({name: state[name] for name in each.reads})
        return self._judged[key]


def unwatched(machine: Machine) -> Table:
    """Return a table that judges nothing."""
    return Table(replace(machine, properties=()))


def _is_watched(each: object, *, promises: bool) -> bool:
    if not isinstance(each, StateProperty | StepProperty) or each.promise is not Promise.ALWAYS:
        return False
    return promises or not is_promise_only(each.id)


def left_out(machine: Machine) -> dict[str, str]:
    """Return the properties that no run is judged by, and why."""
    return {each.id: LEFT_OUT for each in machine.properties if isinstance(each, LivenessProperty)}


class Run:
    """A run from the initial state on."""

    def __init__(
        self,
        table: Table,
        *,
        at_once: Collection[str] = (),
        returns: bool = True,
        forgives: bool = False,
    ) -> None:
        """Begin a run.

        Args:
            at_once: Kinds of events that are not drawn: they happen by
                themselves as soon as they can, in the order of the machine.
            returns: Whether the run may come back to a state it was in. If
                not, an event that leads there is possible only if it violates
                a promise: no shortest way to a violation needs another.
            forgives: Go on after a violation.

        Raises:
            Violation: the initial state violates a promise.
        """
        self.table = table
        self.machine = table.machine
        self.state: dict[str, Any] = self.machine.initial
        self.labels: list[Label] = []
        self._numbers = {name: table.number(value) for name, value in self.state.items()}
        self._eager = [event for event in self.machine.events if event.kind in at_once]
        self._drawn = [event for event in self.machine.events if event.kind not in at_once]
        self._visited = None if returns else {tuple(self._numbers.values())}
        self.broken: list[str] = []
        """Ids of promises violated so far, if `forgives`."""
        self._forgives = forgives
        self._possible: frozenset[Label] | None = None
        self._refuse(table.broken(self.state, self._numbers))

    def possible(self) -> frozenset[Label]:
        """Return what may be drawn now."""
        if self._possible is None:
            self._possible = frozenset(e.name for e in self._drawn if self._may(e))
        return self._possible

    def can(self, event: Event) -> bool:
        """Return whether an event may be drawn now."""
        return event.name in self.possible()

    def _may(self, event: Event) -> bool:
        outcome = self.table.outcome(self.state, self._numbers, event)
        if outcome is None or self._visited is None or outcome.broken:
            return outcome is not None
        after = tuple({**self._numbers, **dict(outcome.numbers)}.values())
        return after not in self._visited

    def take(self, event: Event) -> tuple[Step, ...]:
        """Let an event happen, and what happens at once after it.

        Raises:
            ImpossibleEvent: its guard refuses; nothing has changed.
            Violation: a promise is broken; the run is at the state after.
        """
        steps = [self._step(event)]
        while (following := next(filter(self._happens, self._eager), None)) is not None:
            steps.append(self._step(following))
        return tuple(steps)

    def _happens(self, event: Event) -> bool:
        return self.table.outcome(self.state, self._numbers, event) is not None

    def _step(self, event: Event) -> Step:
        outcome = self.table.outcome(self.state, self._numbers, event)
        if outcome is None:
            raise ImpossibleEvent(event)
        before = self.state
        self.state = {**before, **dict(outcome.effect.writes)}
        self._numbers = {**self._numbers, **dict(outcome.numbers)}
        self._possible = None
        if self._visited is not None:
            self._visited.add(tuple(self._numbers.values()))
        self.labels.append(event.name)
        self._refuse([*outcome.broken, *self.table.broken(self.state, self._numbers)])
        return Step(before, event, outcome.effect)

    def _refuse(self, broken: Sequence[str]) -> None:
        self.broken += [each for each in broken if each not in self.broken]
        if broken and not self._forgives:
            raise Violation(self.machine, self.labels, broken)
