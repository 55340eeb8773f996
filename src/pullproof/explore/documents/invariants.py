"""Every property of the formal model on one page: docs/invariants.md."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pullproof.explore.documents.markdown import listed, table
from pullproof.explore.documents.measured import Measured, Place
from pullproof.explore.documents.properties import (
    IMAGE,
    LIVENESS,
    LOOKUP,
    POSSIBILITY,
    STATE,
    STEP,
    Described,
    all_properties,
)
from pullproof.model.protocol.scope_notes import ELSEWHERE
from pullproof.model.versions import OLDEST_MINOR

PATH = Path("docs/invariants.md")
_HEAD = """\
<!-- Made by `python -m pullproof.explore.documents invariants` from mutants.json. Do not edit. -->
# Invariants

What the formal model (`model/protocol/`) promises and `pullproof explore` proves of every state and step of a
configuration. Ids: I- are invariants of the kubelet, S- and R- of the whole chain, K- rules of behaviour
they rest on, A- and L- the model's own, P- what people expect and the kubelet does not promise.

* **kind**: *step* and *state* are safety; *liveness* is bounded: from any state in order the goal can be reached;
  a *possibility* must come up somewhere.
* **holds from**: the first Kubernetes minor whose real rules keep it. Empty: no release in the model
  (1.20 to 1.37) breaks it. Properties of service account tokens have occasion since 1.33 only.
* **occasion**: the situation in which a wrong implementation would show is really reached, first after so many steps in
  that configuration. Without one a property would be kept for want of occasion.
* **broken by**: wrong implementations (docs/mutants.md) that break it where they are killed, shortest trace first.

The tests fail if a property has no occasion, or if nothing breaks it.
"""
_PROMISES = """\
## Expected, and not promised

The kubelet's own rules break each of these; the counterexample is shown by
`pullproof explore --invariant ID --promises`. See docs/findings.md.
"""
_ELSEWHERE = """\
## Invariants that are no property of this machine

Either under another id, or out of reach of a machine without bytes, processes and connections.
"""
_INDEX = """\
## By invariant

Each of I-01 to I-38 and S-01 to S-22 is a property of its own name, but for these.
"""
_KINDS = {STATE: "state", STEP: "step", LIVENESS: "liveness", POSSIBILITY: "possibility"}
_GROUPS = (
    ("Lookups: invariants", LOOKUP, ("I",)),
    ("Lookups: the whole chain", LOOKUP, ("S", "R")),
    ("Lookups: rules of behaviour", LOOKUP, ("K",)),
    ("Lookups: liveness", LOOKUP, ("L",)),
    ("Images: access and invariants", IMAGE, ("A", "I", "S")),
    ("Images: rules of behaviour", IMAGE, ("K",)),
    ("Images: liveness", IMAGE, ("L",)),
)


def page(measured: Measured) -> str:
    """Return docs/invariants.md."""
    properties = tuple(all_properties().values())
    parts = [_HEAD, _totals(measured, properties)]
    for title, side, letters in _GROUPS:
        rows = [p for p in properties if p.side == side and p.id[0] in letters]
        parts += [f"## {title}\n", _table(measured, rows)]
    parts += [_PROMISES, _promises(measured, properties)]
    parts += [_INDEX, _index(properties), _ELSEWHERE, _elsewhere()]
    return "\n".join(parts)


def _totals(measured: Measured, properties: Sequence[Described]) -> str:
    promised = [p for p in properties if not p.is_promise_only]
    kinds = [f"{sum(p.kind == kind for p in promised)} {name}" for kind, name in _KINDS.items()]
    return (
        f"{len(promised)} properties ({', '.join(kinds)}) and "
        f"{len(properties) - len(promised)} that are not promised, in {len(measured.states)} configurations with "
        f"{sum(measured.states.values()):,} states (scope `{measured.scope}`).\n"
    )


def _table(measured: Measured, rows: Sequence[Described]) -> str:
    head = ("id", "promise", "rules", "kind", "holds from", "occasion", "broken by")
    return table(head, (_row(measured, each) for each in rows))


def _row(measured: Measured, each: Described) -> Iterator[str]:
    yield from (each.id, each.prose, " ".join(each.rules), each.kind)
    yield f"1.{each.holds_from}" if each.holds_from > OLDEST_MINOR else ""
    result = measured.properties.get(each.id)
    yield _place(None if result is None else result.witness)
    yield _killers(measured, each)


def _place(place: Place | None) -> str:
    return "NONE" if place is None else f"{place.steps} in {place.configuration}"


def _killers(measured: Measured, each: Described) -> str:
    if each.kind == POSSIBILITY:
        return listed([f"`{id_}` (lost)" for id_ in measured.losers(each.id)], 2) or "NOTHING"
    found = measured.killers(each.id)
    return listed([f"`{id_}` ({place.steps})" for id_, place in found.items()], 2) or "NOTHING"


def _promises(measured: Measured, properties: Sequence[Described]) -> str:
    rows = (
        (p.id, p.prose, " ".join(p.rules), p.side, _place(measured.properties[p.id].broken))
        for p in properties
        if p.is_promise_only and p.id in measured.properties
    )
    return table(("id", "expectation", "rules", "side", "broken after"), rows)


def _index(properties: Sequence[Described]) -> str:
    ids = [*(f"I-{n:02}" for n in range(1, 39)), *(f"S-{n:02}" for n in range(1, 23))]
    places = ((id_, where(id_, properties)) for id_ in ids)
    rows = ((id_, ", ".join(found) or "see below") for id_, found in places if found != [id_])
    return table(("invariant", "properties"), rows)


def where(id_: str, properties: Sequence[Described]) -> list[str]:
    """Return the properties that are about an invariant, promise-only ones left out."""
    return [p.id for p in properties if p.is_about(id_) and not p.is_promise_only]


def _elsewhere() -> str:
    rows = (
        (
            id_,
            note.says,
            note.why or "under another id",
            ", ".join(note.same_as),
            ", ".join(note.held_by),
        )
        for id_, note in ELSEWHERE.items()
    )
    return table(("invariant", "says", "why not", "nearest properties", "held by"), rows)
