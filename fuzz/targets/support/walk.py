"""Walks through a machine that bytes choose, watching its safety properties."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pullproof.fuzz.targets.support.cursor import Cursor
from pullproof.model.machine import (
    Effect,
    Event,
    LivenessProperty,
    Machine,
    Promise,
    StateProperty,
    StepProperty,
    try_step,
)
from pullproof.model.protocol.promises import is_promise_only


class Violation(AssertionError):
    """A property does not hold after some steps."""

    def __init__(self, property_id: str, steps: list[str]) -> None:
        super().__init__(f"{property_id} is violated after: {'; '.join(steps)}")
        self.property_id = property_id
        self.steps = steps


@dataclass
class Walker:
    """One machine, with its promises sorted by what they look at."""

    machine: Machine
    states: list[StateProperty] = field(default_factory=list[StateProperty])
    steps: list[StepProperty] = field(default_factory=list[StepProperty])

    def __post_init__(self) -> None:
        for each in self.machine.properties:
            if isinstance(each, LivenessProperty) or each.promise is not Promise.ALWAYS:
                continue
            if is_promise_only(each.id):
                continue  # the kubelet's own rules may violate these
            if isinstance(each, StateProperty):
                self.states.append(each)
            else:
                self.steps.append(each)

    def walk(self, cursor: Cursor, most_steps: int) -> list[str]:
        """Return the names of the events that the bytes chose.

        A byte names an event; if its guard refuses, the next possible one is
        taken. The walk ends with the bytes, or where nothing is possible.

        Raises:
            Violation: a promise was broken.
        """
        state: dict[str, Any] = self.machine.initial
        taken: list[str] = []
        self._check_state(state, None, taken)
        while cursor.left and len(taken) < most_steps:
            done = self._next(state, cursor.byte())
            if done is None:
                break
            event, after, effect = done
            taken.append(event.name)
            self._check_step(state, event, effect, taken)
            self._check_state(after, effect, taken)
            state = after
        return taken

    def _next(
        self, state: Mapping[str, Any], choice: int
    ) -> tuple[Event, dict[str, Any], Effect] | None:
        events = self.machine.events
        for turn in range(len(events)):
            event = events[(choice + turn) % len(events)]
            done = try_step(state, event)
            if done is not None:
                return event, *done
        return None

    def _check_step(
        self, state: Mapping[str, Any], event: Event, effect: Effect, taken: list[str]
    ) -> None:
        seen = {observation.kind for observation in effect.observations}
        view = {name: state[name] for name in event.reads}
        for each in self.steps:
            if each.kinds and event.kind not in each.kinds:
                continue
            if each.observes and seen.isdisjoint(each.observes):
                continue
            if not each.holds(view, event, effect):
                raise Violation(each.id, taken)

    def _check_state(
        self, state: Mapping[str, Any], effect: Effect | None, taken: list[str]
    ) -> None:
        written = None if effect is None else {name for name, _ in effect.writes}
        for each in self.states:
            if written is not None and written.isdisjoint(each.reads):
                continue
            if not each.holds({name: state[name] for name in each.reads}):
                raise Violation(each.id, taken)
