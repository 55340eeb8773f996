"""Walk a machine by event names, or over all states of a small configuration.

A second, naive explorer: what the tests claim about small configurations must
not rest on the one that ships.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pullproof.model.machine import (
    Effect,
    Event,
    Machine,
    Observation,
    Promise,
    StateProperty,
    StepProperty,
    step,
)


@dataclass
class Walk:
    """A machine in some state, and what the last step showed."""

    machine: Machine
    state: dict[str, Any] = field(default_factory=dict[str, Any])
    last: Effect = field(default_factory=Effect)
    broken: list[str] = field(default_factory=list[str])
    """Ids of promises that a step on the way violated."""

    def __post_init__(self) -> None:
        self.state = self.state or self.machine.initial

    def do(self, *names: str) -> "Walk":
        """Take the named events one after the other."""
        for name in names:
            event = self.event(name)
            view = {each: self.state[each] for each in event.reads}
            self.state, self.last = step(self.state, event)
            self.broken += violated(self.machine, view, event, self.last)
        return self

    def event(self, name: str) -> Event:
        found = next((e for e in self.machine.events if e.name == name), None)
        if found is None:
            raise KeyError(f"{name}; there are {[e.name for e in self.machine.events]}")
        return found

    def seen(self, kind: str) -> list[Observation]:
        """Return the last step's observations of one kind."""
        return [each for each in self.last.observations if each.kind == kind]

    def one(self, kind: str) -> Observation:
        (found,) = self.seen(kind)
        return found


def violated(machine: Machine, view: Mapping[str, Any], event: Event, effect: Effect) -> list[str]:
    """Return the ids of step promises that a step violates."""
    return [
        each.id
        for each in machine.properties
        if isinstance(each, StepProperty)
        and each.promise is Promise.ALWAYS
        and event.kind in each.kinds
        and not each.holds(view, event, effect)
    ]


@dataclass
class Coverage:
    """What came up on the way through all states."""

    states: int = 0
    violated: set[str] = field(default_factory=set[str])
    witnessed: set[str] = field(default_factory=set[str])
    kinds: set[str] = field(default_factory=set[str])


def cover(machine: Machine, limit: int = 20_000) -> Coverage:
    """Visit every state of a machine, breadth first."""
    found = Coverage()
    judged: dict[Any, Effect | None] = {}
    first = frozenset(machine.initial.items())
    seen, queue = {first}, deque([machine.initial])
    while queue:
        state = queue.popleft()
        _judge_state(machine, state, found)
        for event, after in _outcomes(machine, state, judged, found):
            found.kinds.add(event.kind)
            key = frozenset(after.items())
            if key not in seen:
                if len(seen) >= limit:
                    raise AssertionError(f"{machine.name} has more than {limit} states")
                seen.add(key)
                queue.append(after)
    found.states = len(seen)
    return found


def _outcomes(
    machine: Machine,
    state: dict[str, Any],
    judged: dict[Any, Effect | None],
    found: Coverage,
) -> Iterator[tuple[Event, dict[str, Any]]]:
    for event in machine.events:
        view = {name: state[name] for name in event.reads}
        key = (event.name, tuple(view.values()))
        if key not in judged:
            judged[key] = event.apply(view)
            effect = judged[key]
            if effect is not None:
                _judge_step(machine, view, event, effect, found)
        effect = judged[key]
        if effect is not None:
            yield event, {**state, **dict(effect.writes)}


def _judge_step(
    machine: Machine, view: dict[str, Any], event: Event, effect: Effect, found: Coverage
) -> None:
    assert {name for name, _ in effect.writes} <= set(event.writes), event.name
    for each in machine.properties:
        if not isinstance(each, StepProperty) or event.kind not in each.kinds:
            continue
        holds = each.holds(view, event, effect)
        if each.promise is Promise.SOMETIMES and holds:
            found.witnessed.add(each.id)
        if each.promise is Promise.ALWAYS and not holds:
            found.violated.add(each.id)


def _judge_state(machine: Machine, state: dict[str, Any], found: Coverage) -> None:
    for each in machine.properties:
        if not isinstance(each, StateProperty):
            continue
        holds = each.holds({name: state[name] for name in each.reads})
        if each.promise is Promise.SOMETIMES and holds:
            found.witnessed.add(each.id)
        if each.promise is Promise.ALWAYS and not holds:
            found.violated.add(each.id)
