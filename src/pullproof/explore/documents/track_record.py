"""Historical bugs, each found again as a shortest trace: docs/track-record.md."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from pullproof.explore.documents.markdown import cell, table
from pullproof.explore.documents.properties import all_properties
from pullproof.explore.search import explore
from pullproof.explore.text import trace_text
from pullproof.explore.traces import Trace, trace_of
from pullproof.model.machine import Machine
from pullproof.model.protocol.build import build
from pullproof.model.protocol.history import BUGS, ELSEWHERE, Bug

PATH, RECORD = Path("docs/track-record.md"), Path("docs/track-record.json")
_HEAD = """\
<!-- Made by `python -m pullproof.explore.documents track-record`. Do not edit. -->
# Track record

Bugs that Kubernetes, or providers and set-ups for it, once had, each found again by `pullproof explore`
as a shortest counterexample. Where the model knows a release that had the bug, the *real rules* of that
release are explored; else a wrong implementation of the current rules (a mutant). For bugs that were not the kubelet's the
mutant is the kubelet that the provider or the set-up would have needed, and the counterexample shows
why the real one is not so. Issues are of kubernetes/kubernetes unless another repository is named.

*Steps* are events of the shortest trace; *states* were looked at until it was found, in *seconds* on one core.
"""
_ELSEWHERE = """\
## Not found here

These touch nothing that the machine has.

"""


@dataclass(frozen=True, slots=True)
class Finding:
    """How a bug was found."""

    id: str
    violates: str
    configuration: str
    states: int
    seconds: float
    events: tuple[str, ...]
    """Of the shortest trace, by name."""


class NotFound(LookupError):
    """The search for a bug finds no counterexample."""


def machine_of(bug: Bug) -> Machine:
    """Return the machine that has a bug."""
    return build(bug.configuration, bug.mutant)


def find(bug: Bug) -> Finding:
    """Search for one bug.

    Raises:
        NotFound: the property holds, or the machine does not have it.
    """
    machine, wanted = machine_of(bug), frozenset({bug.violates})
    found = explore(machine, only=wanted, stop_on=wanted)
    for each in found.violations:
        if each.trace is not None:
            events = tuple(step.event for step in each.trace.steps)
            seconds = round(found.seconds, 2)
            return Finding(bug.id, each.id, machine.name, found.states, seconds, events)
    raise NotFound(f"{bug.id}: {bug.violates} holds in {machine.name}")


def find_all() -> list[Finding]:
    """Search for every bug, one after the other."""
    return [find(bug) for bug in BUGS]


def write(findings: Sequence[Finding], path: Path = RECORD) -> None:
    rows = [f" {json.dumps(asdict(each), ensure_ascii=False)}" for each in findings]
    path.write_text("[\n" + ",\n".join(rows) + "\n]\n", "utf-8")


def read(path: Path = RECORD) -> list[Finding]:
    """Return what was found.

    Raises:
        OSError: there is no record.
    """
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    for row in rows:
        row["events"] = tuple(row["events"])
    return [Finding(**row) for row in rows]


def retraced(bug: Bug, finding: Finding) -> Trace:
    """Execute a finding's events again.

    Raises:
        ImpossibleEvent: the machine is no longer the one that it was found in.
    """
    machine = machine_of(bug)
    by_name = {event.name: event for event in machine.events}
    return trace_of(machine, [by_name[name] for name in finding.events])


def page(findings: Sequence[Finding]) -> str:
    """Return docs/track-record.md."""
    by_id = {each.id: each for each in findings}
    pairs = [(bug, by_id[bug.id]) for bug in BUGS]
    parts = [_HEAD, _totals(pairs), _overview(pairs), "## Traces\n"]
    parts += [_details(bug, finding) for bug, finding in pairs]
    parts.append(
        _ELSEWHERE + "\n".join(f"* {id_}: {what}" for id_, what in ELSEWHERE.items()) + "\n"
    )
    return "\n".join(parts)


def _totals(pairs: Sequence[tuple[Bug, Finding]]) -> str:
    lengths = [len(finding.events) for _, finding in pairs]
    real = sum(not bug.mutant for bug, _ in pairs)
    return (
        f"{len({_bug_id(bug) for bug, _ in pairs})} bugs in {len(pairs)} traces, {real} of them by real rules; "
        f"median {median(lengths):g} steps, "
        f"{sum(finding.seconds for _, finding in pairs):.1f} s in all.\n"
    )


def _bug_id(bug: Bug) -> str:
    return bug.id.rstrip("abc")


def _overview(pairs: Sequence[tuple[Bug, Finding]]) -> str:
    head = (
        "bug",
        "upstream",
        "what went wrong",
        "shown by",
        "violates",
        "steps",
        "states",
        "s",
        "fixed in",
    )
    return table(head, (_row(bug, finding) for bug, finding in pairs))


def _row(bug: Bug, finding: Finding) -> Iterator[str]:
    yield from (bug.id, bug.upstream, bug.wrong, bug.how, finding.violates)
    yield from (
        str(len(finding.events)),
        f"{finding.states:,}",
        f"{finding.seconds:.2f}",
        bug.fixed_in,
    )


def _details(bug: Bug, finding: Finding) -> str:
    told = all_properties()[finding.violates]
    shown = trace_text(retraced(bug, finding), f"{finding.violates}: {told.prose}")
    if not finding.events:
        shown += "  (no step: that the kubelet starts is the mistake)\n"
    summary = cell(f"{bug.id}: {bug.wrong}")
    where = f"{bug.how} in configuration `{finding.configuration}`"
    return (
        f"<details>\n<summary>{summary}</summary>\n\n"
        f"{where[0].upper()}{where[1:]}.\n\n```text\n{shown}```\n\n</details>\n"
    )
