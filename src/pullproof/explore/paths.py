"""From numbers of events back to a run of the machine.

With symmetry the search walks through one state of each orbit, so an event it
took may be another one, with names exchanged, in the run that is shown. That
run is found step by step: any event will do that leads into the same orbit.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pullproof.explore.engine import NO_EVENT
from pullproof.explore.tables import Ids, Tables
from pullproof.explore.traces import Trace, trace_of
from pullproof.model.machine import (
    Event,
    Machine,
    Promise,
    Property,
    StateProperty,
    StepProperty,
    step,
    successors,
    try_step,
)

State = Mapping[str, Any]


class PathFinder:
    """Rebuilds traces of one exploration."""

    def __init__(self, machine: Machine, tables: Tables) -> None:
        self._machine = machine
        self._tables = tables

    def trace(self, path: Sequence[int], last: int, about: Property) -> Trace:
        """Return the run along a path, with one more event if `last` is one."""
        events = self._machine.events
        if not self._tables.permutations:
            numbers = [*path, last] if last != NO_EVENT else path
            return trace_of(self._machine, [events[number] for number in numbers])
        return trace_of(self._machine, self._concrete(path, last, about))

    def _orbit(self, state: State) -> Ids:
        return self._tables.canonical(self._tables.ids(state))

    def _concrete(self, path: Sequence[int], last: int, about: Property) -> Iterator[Event]:
        """Yield events from the initial state, through the same orbits as the path."""
        shown: State = self._machine.initial
        walked: State = self._machine.initial
        for number in path:
            event = self._machine.events[number]
            walked = self._tables.state(self._orbit(step(walked, event)[0]))
            goal = self._orbit(walked)
            chosen, shown = next(
                (other, after)
                for other, after, _ in successors(self._machine, shown)
                if other.kind == event.kind and self._orbit(after) == goal
            )
            yield chosen
        if last != NO_EVENT:
            yield self._final(shown, walked, self._machine.events[last], about)

    def _final(self, shown: State, walked: State, event: Event, about: Property) -> Event:
        """Return the event that does in the shown run what `event` does in the other."""
        goal = self._orbit(step(walked, event)[0])
        kin = [each for each in self._machine.properties if each.id == about.id]
        for other, after, _ in successors(self._machine, shown):
            same = other.kind == event.kind and self._orbit(after) == goal
            if same and any(_decides(each, shown, other) for each in kin):
                return other
        raise AssertionError(
            f"{about.id}: no event like {event.name} decides it with names exchanged; "
            "the machine is not symmetric in what it declares"
        )


def _decides(about: Property, state: State, event: Event) -> bool:
    if isinstance(about, StateProperty) or not isinstance(about, StepProperty):
        return False
    if about.kinds and event.kind not in about.kinds:
        return False
    done = try_step(state, event)
    if done is None:
        return False
    view = {name: state[name] for name in event.reads}
    return bool(about.holds(view, event, done[1])) is (about.promise is Promise.SOMETIMES)
