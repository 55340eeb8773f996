"""Traces of a machine: events in an order in which they can happen.

A trace is a tuple of labels, so it prints as what it is, and it can be saved
as a file that `pullproof explore --replay` executes again.
"""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from pullproof.explore.traces import to_document, trace_of
from pullproof.model.machine import Machine
from pullproof.strategies.runs import Label, Run, Step, Table, Violation, events_of, unwatched


def event_traces(
    machine: Machine,
    max_events: int = 20,
    *,
    min_events: int = 0,
    at_once: Collection[str] = (),
    returns: bool = True,
) -> st.SearchStrategy[tuple[Label, ...]]:
    """Return traces of `machine`, as labels of events.

    Promises are not looked at: `steps_of` and `broken_by` do. Shrinks to fewer
    events, and to those that stand earlier in the machine's table.

    Args:
        max_events: How many events are drawn at most.
        min_events: How many at least, unless nothing more can happen before.
        at_once: Kinds of events that happen as soon as they can, undrawn; they
            stand in the trace, too.
        returns: Whether a trace may come back to a state it was in. If not, an
            event that leads there is in it only if it violates something.
    """
    table = unwatched(machine) if returns else Table(machine, promises=True)
    events = st.sampled_from([event for event in machine.events if event.kind not in at_once])

    @st.composite
    def traces(draw: st.DrawFn) -> tuple[Label, ...]:
        run = Run(table, at_once=at_once, returns=returns, forgives=True)
        drawn = 0
        while drawn < max_events and run.possible():
            if drawn >= min_events and not draw(_GO_ON):
                break
            # Passed over if it cannot happen, for the reason given in `machines`.
            event = draw(events if drawn >= min_events else events.filter(run.can))
            if run.can(event):
                run.take(event)
                drawn += 1
        return tuple(run.labels)

    return traces()


_GO_ON = st.integers(0, 63).map(bool)
"""Mostly yes; shrinks towards the end of the trace."""


def steps_of(machine: Machine, labels: Sequence[Label]) -> tuple[Step, ...]:
    """Return what each event of a trace does.

    Raises:
        UserError: the machine has no such event.
        ImpossibleEvent: it cannot happen there.
    """
    run = Run(unwatched(machine))
    return tuple(step for event in events_of(machine, labels) for step in run.take(event))


def broken_by(machine: Machine, labels: Sequence[Label]) -> tuple[str, ...]:
    """Return the ids of all always-properties that a trace violates, in its order.

    Those are in it, too, that nobody promised (ids that begin with `P-`).

    Raises:
        UserError: the machine has no such event.
        ImpossibleEvent: it cannot happen there.
    """
    run = Run(Table(machine, promises=True), forgives=True)
    for event in events_of(machine, labels):
        run.take(event)
    return tuple(run.broken)


def trace_document(
    machine: Machine,
    labels: Sequence[Label],
    violated: str = "",
    provider_faults: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a trace as a document, valid under `schemas/trace.schema.json`.

    Args:
        violated: Id of the property it violates, if it is about one.
        provider_faults: Answers that were added to the providers' own.
    """
    about = next((each for each in machine.properties if each.id == violated), None)
    told: dict[str, Any] | None = None
    if about is not None:
        told = {"id": about.id, "prose": about.prose, "rules": list(about.rules)}
        told["status"] = "violated"
    document = to_document(trace_of(machine, events_of(machine, labels)), told)
    origin: dict[str, Any] = {
        name: machine.parameters[name]
        for name in ("kubernetes", "mutant")
        if name in machine.parameters
    }
    if provider_faults:
        origin["providerFaults"] = list(provider_faults)
    return document | ({"run": origin} if origin else {})


def save_trace(
    path: Path,
    machine: Machine,
    labels: Sequence[Label],
    violated: str = "",
    provider_faults: Sequence[str] = (),
) -> None:
    """Write a trace where `pullproof explore --replay` reads it."""
    document = trace_document(machine, labels, violated, provider_faults)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")


def save_violation(path: Path, found: Violation, provider_faults: Sequence[str] = ()) -> None:
    """Write the essence of what a state machine found where `pullproof explore --replay` reads it."""
    save_trace(path, found.machine, found.essential, found.broken[0], provider_faults)
