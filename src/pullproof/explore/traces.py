"""Traces: a machine's run as text that people read and files hold.

Values are shown, not pickled: a saved trace names events, and replaying it
executes those events again and compares what is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from dataclasses import field as dataclass_field
from enum import Enum
from types import MappingProxyType
from typing import Any, cast

from pullproof.model.machine import (
    Effect,
    Event,
    Machine,
    Observation,
    Promise,
    StateProperty,
    StepProperty,
    Value,
    step,
    try_step,
)

FORMAT = "pullproof-trace/1"


@dataclass(frozen=True, slots=True)
class Seen:
    """An observation, shown."""

    kind: str
    data: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A component's value before and after a step, shown."""

    component: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One event and what it did."""

    event: str
    kind: str
    args: tuple[str, ...]
    rules: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    observations: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """A run from the initial state."""

    machine: str
    steps: tuple[TraceStep, ...]
    parameters: Mapping[str, str] = dataclass_field(
        default_factory=lambda: MappingProxyType(dict[str, str]())
    )

    def __len__(self) -> int:
        return len(self.steps)


def show(value: Any) -> str:
    """Return a value as short text; what is at its default is left out.

    >>> show((("a", 1), None, True))
    '((a, 1), -, yes)'
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return value or "''"
    if isinstance(value, tuple):
        return f"({', '.join(map(show, cast('Iterable[Any]', value)))})"
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(show, cast('Iterable[Any]', value))))}}}"
    if is_dataclass(value) and not isinstance(value, type):
        return _show_record(value)
    return repr(value)


def _show_record(value: Any) -> str:
    parts: list[str] = []
    for each in fields(value):
        own = getattr(value, each.name)
        # A required field has no default and is always shown.
        if each.repr and own != each.default:
            parts.append(f"{each.name}={show(own)}")
    return f"{type(value).__name__}({', '.join(parts)})"


def seen(observation: Observation) -> Seen:
    """Return an observation as text."""
    return Seen(observation.kind, tuple((name, show(value)) for name, value in observation.data))


def trace_step(before: Mapping[str, Value], event: Event, result: Effect) -> TraceStep:
    """Return one step as text; a component that keeps its value is no change."""
    changes = tuple(
        Change(name, show(before[name]), show(value))
        for name, value in result.writes
        if before[name] != value
    )
    observations = tuple(seen(each) for each in result.observations)
    return TraceStep(event.name, event.kind, event.args, event.rules, changes, observations)


def trace_of(machine: Machine, events: Iterable[Event]) -> Trace:
    """Execute events from the initial state.

    Raises:
        ImpossibleEvent: one of them cannot happen there.
    """
    state: Mapping[str, Value] = machine.initial
    steps: list[TraceStep] = []
    for event in events:
        following, result = step(state, event)
        steps.append(trace_step(state, event, result))
        state = following
    return Trace(machine.name, tuple(steps), dict(machine.parameters))


# Files.


def to_document(trace: Trace, about: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a trace as JSON values, valid under `schemas/trace.schema.json`.

    Args:
        about: `id`, `prose`, `rules` and `status` of the property it is about.
    """
    document: dict[str, Any] = {
        "format": FORMAT,
        "machine": trace.machine,
        "parameters": dict(trace.parameters),
    }
    if about is not None:
        document["property"] = dict(about)
    document["steps"] = [_step_document(each) for each in trace.steps]
    return document


def _step_document(step: TraceStep) -> dict[str, Any]:
    return {
        "event": step.event,
        "kind": step.kind,
        "args": list(step.args),
        "rules": list(step.rules),
        "changes": [
            {"component": c.component, "before": c.before, "after": c.after} for c in step.changes
        ],
        "observations": [{"kind": o.kind, "data": dict(o.data)} for o in step.observations],
    }


def from_document(document: Mapping[str, Any]) -> Trace:
    """Return the trace in a document that is valid under its schema."""
    return Trace(
        document["machine"],
        tuple(_step(each) for each in document["steps"]),
        dict(document["parameters"]),
    )


def _step(document: Mapping[str, Any]) -> TraceStep:
    return TraceStep(
        document["event"],
        document["kind"],
        tuple(document["args"]),
        tuple(document["rules"]),
        tuple(Change(c["component"], c["before"], c["after"]) for c in document["changes"]),
        tuple(Seen(o["kind"], tuple(sorted(o["data"].items()))) for o in document["observations"]),
    )


# Replay.


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where a machine no longer does what a trace says."""

    step: int
    """From 1."""
    event: str
    sentence: str
    expected: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replay:
    """A trace executed again."""

    trace: Trace
    """What the machine did, as far as it went."""
    divergences: tuple[Divergence, ...]
    """In order; an event that is unknown or impossible ends the replay."""
    violated: tuple[str, ...]
    """Ids of always-properties that this run violates."""

    @property
    def is_same(self) -> bool:
        return not self.divergences


def replay(machine: Machine, trace: Trace) -> Replay:
    """Execute a trace's events on a machine, the same or another one."""
    by_name = {event.name: event for event in machine.events}
    state: Mapping[str, Value] = machine.initial
    steps: list[TraceStep] = []
    differences: list[Divergence] = []
    watch = _Watch(machine)
    watch.state(state)
    for number, wanted in enumerate(trace.steps, 1):
        event = by_name.get(wanted.event)
        done = try_step(state, event) if event is not None else None
        if event is None or done is None:
            why = "this machine has no such event" if event is None else "it is not possible here"
            differences.append(Divergence(number, wanted.event, why))
            break
        following, result = done
        taken = trace_step(state, event, result)
        differences += _differences(number, wanted, taken)
        watch.step(state, event, result)
        watch.state(following)
        steps.append(taken)
        state = following
    again = Trace(machine.name, tuple(steps), dict(machine.parameters))
    return Replay(again, tuple(differences), tuple(watch.violated))


def _differences(number: int, wanted: TraceStep, found: TraceStep) -> list[Divergence]:
    """Return what differs between two steps, and only that."""
    made: list[Divergence] = []
    for sentence, one, other in (
        ("it changes other things", _changed_lines(wanted), _changed_lines(found)),
        ("something else is seen", _seen_lines(wanted), _seen_lines(found)),
    ):
        if one != other:
            gone = tuple(line for line in one if line not in other)
            new = tuple(line for line in other if line not in one)
            made.append(Divergence(number, wanted.event, sentence, gone, new))
    return made


def _changed_lines(step: TraceStep) -> list[str]:
    return [f"{c.component} = {c.after}" for c in step.changes]


def _seen_lines(step: TraceStep) -> list[str]:
    """One line per datum, so that only what differs is shown."""
    return [
        line
        for o in step.observations
        for line in (o.kind, *(f"{o.kind}: {name}={value}" for name, value in o.data))
    ]


def seen_text(observation: Seen) -> str:
    """Return an observation in one line."""
    return f"{observation.kind} {' '.join(f'{n}={v}' for n, v in observation.data)}".rstrip()


class _Watch:
    """Always-properties along one run."""

    def __init__(self, machine: Machine) -> None:
        always = [
            each
            for each in machine.properties
            if isinstance(each, StateProperty | StepProperty) and each.promise is Promise.ALWAYS
        ]
        self._states = [each for each in always if isinstance(each, StateProperty)]
        self._steps = [each for each in always if isinstance(each, StepProperty)]
        self.violated: dict[str, None] = {}

    def state(self, state: Mapping[str, Value]) -> None:
        for each in self._states:
            if not each.holds({name: state[name] for name in each.reads}):
                self.violated[each.id] = None

    def step(self, state: Mapping[str, Value], event: Event, result: Effect) -> None:
        view = {name: state[name] for name in event.reads}
        for each in self._steps:
            if (not each.kinds or event.kind in each.kinds) and not each.holds(view, event, result):
                self.violated[each.id] = None
