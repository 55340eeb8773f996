"""Visit the states of an image-side configuration, and stop at what is sought.

Apart from the explorer that ships: each event is worked out once per distinct
reading, and states are plain tuples.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pullproof.model.machine import Machine, Promise, StateProperty, StepProperty

State = tuple[Any, ...]


@dataclass
class Visit:
    """What came up on the way."""

    states: int = 0
    complete: bool = False
    violated: set[str] = field(default_factory=set[str])
    witnessed: set[str] = field(default_factory=set[str])
    kinds: set[str] = field(default_factory=set[str])


def visit(
    machine: Machine, limit: int = 4_000, until: Callable[[str], bool] | None = None
) -> Visit:
    """Return what the states of a machine show, breadth first.

    Args:
        until: Stop when a promise with such an id is violated.
    """
    names = [component.name for component in machine.components]
    index = {name: number for number, name in enumerate(names)}
    about: dict[str, list[StepProperty]] = {}
    for each in machine.properties:
        if isinstance(each, StepProperty):
            for kind in each.kinds:
                about.setdefault(kind, []).append(each)
    of_states = [each for each in machine.properties if isinstance(each, StateProperty)]
    events = [(event, [index[name] for name in event.reads]) for event in machine.events]
    known: list[dict[State, tuple[tuple[int, Any], ...] | None]] = [{} for _ in events]
    result, start = Visit(), tuple(component.initial for component in machine.components)
    seen, frontier = {start}, [start]
    while frontier:
        following: list[State] = []
        for state in frontier:
            for prop in of_states:
                if prop.holds({name: state[index[name]] for name in prop.reads}):
                    result.witnessed.add(prop.id)
            for (event, reads), outcomes in zip(events, known, strict=True):
                reading = tuple(state[number] for number in reads)
                if reading not in outcomes:
                    view = dict(zip(event.reads, reading, strict=True))
                    effect = event.apply(view)
                    outcomes[reading] = None
                    if effect is not None:
                        assert {name for name, _ in effect.writes} <= set(event.writes), event.name
                        outcomes[reading] = tuple((index[n], v) for n, v in effect.writes)
                        result.kinds.add(event.kind)
                        for step in about.get(event.kind, ()):
                            holds = step.holds(view, event, effect)
                            if step.promise is Promise.SOMETIMES and holds:
                                result.witnessed.add(step.id)
                            elif step.promise is Promise.ALWAYS and not holds:
                                result.violated.add(step.id)
                                if until is not None and until(step.id):
                                    return result
                changes = outcomes[reading]
                if not changes:
                    continue
                following_state = list(state)
                for number, value in changes:
                    following_state[number] = value
                found = tuple(following_state)
                if found not in seen:
                    seen.add(found)
                    following.append(found)
        result.states = len(seen)
        if len(seen) > limit:
            return result
        frontier = following
    result.complete = True
    return result
