"""A state machine as data: components, events with guards, invariants.

A state is one small immutable value per *component*. An event declares which
components it reads and writes, so `step` is a function of those alone; that
is what lets the explorer evaluate it once per distinct projection instead of
once per state, and what lets a reader see at once what an event can touch.

Who uses a `Machine`: the explorer (all states), Hypothesis (traces), the
judge of real transcripts (observations). None of them has rules of its own.

Pure: no I/O, no clock, no randomness.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

Value = Hashable
"""A component's value: equal values are the same value everywhere."""
View = Mapping[str, Any]
"""Component name to value, for the components that were declared as read."""
Renaming = Mapping[str, str]
"""A permutation of interchangeable names (pods, service accounts, …)."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Something an outsider could see during a step."""

    kind: str
    data: tuple[tuple[str, Any], ...] = ()
    """Sorted (name, value) pairs; values are hashable."""

    def __getitem__(self, name: str) -> Any:
        return dict(self.data)[name]

    def get(self, name: str, default: Any = None) -> Any:
        return dict(self.data).get(name, default)


def observe(kind: str, **data: Any) -> Observation:
    """Return an observation with its data in canonical order."""
    return Observation(kind, tuple(sorted(data.items())))


@dataclass(frozen=True, slots=True)
class Effect:
    """What one step does: new values of written components, and what was seen."""

    writes: tuple[tuple[str, Value], ...] = ()
    observations: tuple[Observation, ...] = ()


def effect(*observations: Observation, **writes: Value) -> Effect:
    """Return an effect; a component that is not named keeps its value."""
    return Effect(tuple(sorted(writes.items())), observations)


@dataclass(frozen=True, slots=True)
class Component:
    """One part of the state."""

    name: str
    initial: Value
    meaning: str
    rename: Callable[[Any, Renaming], Value] | None = None
    """The value with names exchanged; None if it holds no names."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that may happen, with all its arguments fixed."""

    name: str
    """Verb with its actor first: `kubelet.lookup(pod-a, image-1)`."""
    kind: str
    """Name without arguments; counters and coverage are per kind."""
    args: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    rules: tuple[str, ...]
    apply: Callable[[View], Effect | None]
    """The effect, or None if the guard refuses (then nothing changes)."""


class Promise(StrEnum):
    ALWAYS = "always"
    SOMETIMES = "sometimes"


@dataclass(frozen=True, slots=True)
class StateProperty:
    """A predicate over states."""

    id: str
    promise: Promise
    prose: str
    rules: tuple[str, ...]
    reads: tuple[str, ...]
    holds: Callable[[View], bool]


@dataclass(frozen=True, slots=True)
class StepProperty:
    """A predicate over steps: what was read before, the event, its effect."""

    id: str
    promise: Promise
    prose: str
    rules: tuple[str, ...]
    kinds: tuple[str, ...]
    """Kinds of events it looks at; its reads are those of the event."""
    holds: Callable[[View, Event, Effect], bool]
    observes: tuple[str, ...] = ()
    """Kinds of observations it is about: a step in which none of them was seen
    neither violates nor witnesses it, and is not put before it. Empty: any step."""


@dataclass(frozen=True, slots=True)
class LivenessProperty:
    """Bounded liveness: from each state satisfying `given`, some state
    satisfying `goal` is reachable by the events `by` within `steps` steps."""

    id: str
    prose: str
    rules: tuple[str, ...]
    reads: tuple[str, ...]
    given: Callable[[View], bool]
    goal: Callable[[View], bool]
    by: tuple[str, ...]
    """Kinds of helpful events."""
    steps: int


Property = StateProperty | StepProperty | LivenessProperty


@dataclass(frozen=True, slots=True)
class Machine:
    """Everything about one configuration of the protocol."""

    name: str
    components: tuple[Component, ...]
    events: tuple[Event, ...]
    properties: tuple[Property, ...]
    symmetric: tuple[tuple[str, ...], ...] = ()
    """Groups of interchangeable names."""
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The configuration, for reports."""

    @property
    def initial(self) -> dict[str, Value]:
        return {component.name: component.initial for component in self.components}


class ImpossibleEvent(ValueError):
    """The event's guard refuses it in this state; the state is unchanged."""

    def __init__(self, event: Event) -> None:
        super().__init__(f"{event.name} is not possible here")
        self.event = event


def try_step(state: Mapping[str, Value], event: Event) -> tuple[dict[str, Value], Effect] | None:
    """Return the next state and the effect, or None if the guard refuses."""
    view = {name: state[name] for name in event.reads}
    result = event.apply(view)
    if result is None:
        return None
    undeclared = [name for name, _ in result.writes if name not in event.writes]
    if undeclared:
        raise AssertionError(f"{event.name} writes {undeclared} without declaring it")
    return {**state, **dict(result.writes)}, result


def step(state: Mapping[str, Value], event: Event) -> tuple[dict[str, Value], Effect]:
    """Return the next state and the effect.

    Raises:
        ImpossibleEvent: the guard refuses; nothing has changed.
    """
    done = try_step(state, event)
    if done is None:
        raise ImpossibleEvent(event)
    return done


def successors(
    machine: Machine, state: Mapping[str, Value]
) -> Iterator[tuple[Event, dict[str, Value], Effect]]:
    """Yield every possible event with its outcome, in declaration order."""
    for event in machine.events:
        done = try_step(state, event)
        if done is not None:
            yield event, *done
