"""What the real rules do to expectations, with traces: docs/findings.md."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pullproof.explore.documents.markdown import cell, table
from pullproof.explore.documents.properties import all_properties
from pullproof.explore.jobs import ExploreJob, OnProgress, run_jobs
from pullproof.explore.result import Options
from pullproof.explore.scope import scope_result
from pullproof.explore.search import explore
from pullproof.explore.text import trace_text
from pullproof.explore.traces import Trace, trace_of
from pullproof.model.machine import Machine
from pullproof.model.protocol.build import build
from pullproof.model.protocol.findings import ASIDES, FINDINGS, Aside, Finding
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.scopes import SCOPES
from pullproof.model.versions import NEWEST_MINOR, OLDEST_MINOR

PATH, RECORD = Path("docs/findings.md"), Path("docs/findings.json")
SCOPE = "ci"
_HEAD = """\
<!-- Made by `python -m pullproof.explore.documents findings` from model/protocol/findings.py. Do not edit. -->
# Findings

What turned up when the *real* rules were explored for violations of what people expect of them. None of these is a
crash; each is a way in which the kubelet does what its code says and not what its readers think. Every finding
has a shortest trace, found by `pullproof explore` and executed again when this page is made.

* **kubelets**: the minors, of 1.20 to 1.37, that have it in the configuration of the trace, with their default feature gates.
  Records of pulled images (P-50 and up) are on by default since 1.35, and may be turned on since 1.33.
* **evidence**: *exploration* of the model, which is held against the kubelet's own code by `docs/fidelity.md`; *run*: it also
  happens in that code, from 1.33 to 1.37 with records turned on (`docs/reproductions/`, `tests/oracle/test_images.py`).
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """How a finding is shown."""

    id: str
    configuration: str
    kubernetes: int
    """The minor of the trace."""
    minors: tuple[int, ...]
    """All that have it in this configuration."""
    events: tuple[str, ...]


def find_all(workers: int, on_progress: OnProgress | None = None) -> list[Shown]:
    """Explore a scope for all findings, then the configuration of each on every minor."""
    ids = frozenset(each.id for each in FINDINGS)
    jobs = [ExploreJob(params, options=Options(only=ids)) for params in SCOPES[SCOPE]]
    result = scope_result(run_jobs(jobs, workers, on_progress))
    traces = {each.id: each.trace for each in result.properties if each.trace is not None}
    return [_shown(id_, traces[id_]) for id_ in sorted(traces)]


def _shown(id_: str, trace: Trace) -> Shown:
    params = configuration(trace.machine)
    events = tuple(step.event for step in trace.steps)
    return Shown(id_, params.name, params.minor, _minors(params, id_), events)


def _minors(params: Params, id_: str) -> tuple[int, ...]:
    """Return the releases around the trace's own that have the finding.

    An older one that looks alike after a gap does so for another reason.
    """
    oldest = newest = params.minor
    while oldest > OLDEST_MINOR and _has(params.at(oldest - 1), id_):
        oldest -= 1
    while newest < NEWEST_MINOR and _has(params.at(newest + 1), id_):
        newest += 1
    return tuple(range(oldest, newest + 1))


def _has(params: Params, id_: str) -> bool:
    machine = build(params)
    if not any(each.id == id_ for each in machine.properties):
        return False
    found = explore(machine, only=frozenset({id_}), stop_on=frozenset({id_}))
    return bool(found.violations)


def configuration(name: str) -> Params:
    return next(params for params in SCOPES[SCOPE] if params.name == name)


def write(found: Sequence[Shown], path: Path = RECORD) -> None:
    rows = [f" {json.dumps(asdict(each), ensure_ascii=False)}" for each in found]
    path.write_text("[\n" + ",\n".join(rows) + "\n]\n", "utf-8")


def read(path: Path = RECORD) -> list[Shown]:
    """Return what was found.

    Raises:
        OSError: there is no record.
    """
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    for row in rows:
        row["minors"], row["events"] = tuple(row["minors"]), tuple(row["events"])
    return [Shown(**row) for row in rows]


def retraced(shown: Shown) -> Trace:
    """Execute a finding's events again.

    Raises:
        KeyError: the machine no longer has one of the events.
        ImpossibleEvent: it can no longer happen.
    """
    machine: Machine = build(configuration(shown.configuration).at(shown.kubernetes))
    by_name = {event.name: event for event in machine.events}
    return trace_of(machine, [by_name[name] for name in shown.events])


def page(found: Sequence[Shown]) -> str:
    """Return docs/findings.md."""
    by_id = {each.id: each for each in found}
    pairs = [(finding, by_id[finding.id]) for finding in FINDINGS]
    head = ("id", "what", "kubelets", "steps", "evidence")
    parts = [_HEAD, table(head, (_row(*pair) for pair in pairs))]
    parts += [_section(*pair) for pair in pairs]
    parts += ["## Of bytes\n", *(_aside(each) for each in ASIDES)]
    return "\n".join(parts)


def _row(finding: Finding, shown: Shown) -> Iterator[str]:
    yield f"[{finding.id}](#{finding.id.lower()})"
    yield from (finding.title, in_words(shown.minors), str(len(shown.events)), finding.evidence)


def in_words(minors: Sequence[int]) -> str:
    """Return a range of minors, such as `1.33 to 1.37`."""
    first, last = f"1.{minors[0]}", f"1.{minors[-1]}"
    return first if first == last else f"{first} to {last}"


def _section(finding: Finding, shown: Shown) -> str:
    told = all_properties()[finding.id]
    text = trace_text(retraced(shown), f"{finding.id}: {told.prose}")
    return (
        f"## {finding.id}\n\n**{finding.title}.** {finding.happens}\n\n"
        f"* *Expected by:* {finding.expected}\n"
        f"* *Kubelets:* {in_words(shown.minors)}\n"
        f"* *Rules:* {' '.join(told.rules)}\n"
        f"* *What an operator can do:* {finding.operator}\n\n"
        f"<details>\n<summary>{cell(_summary(shown))}</summary>\n\n```text\n{text}```\n\n</details>\n"
    )


def _summary(shown: Shown) -> str:
    count = len(shown.events)
    return (
        f"{count} step{'' if count == 1 else 's'} in configuration {shown.configuration}, "
        f"Kubernetes 1.{shown.kubernetes}"
    )


def _aside(each: Aside) -> str:
    return (
        f"**{each.title}.** {each.happens}\n\n* *Rules:* {each.rules}\n"
        f"* *What an operator can do:* {each.operator}\n* *Held by:* {each.held_by}\n"
    )
