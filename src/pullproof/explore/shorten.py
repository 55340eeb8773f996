"""Traces made shorter: a value that comes again and again gets a label."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from pullproof.explore.traces import Change, Seen, Trace, TraceStep

LONG = 30
"""Characters from which a repeated value is worth a label."""
_RECORD = re.compile(r"\b([A-Z]\w*)\(")


def records(text: str) -> Iterator[str]:
    """Yield the records `Name(…)` in a shown value, outer ones first."""
    for match in _RECORD.finditer(text):
        depth = 0
        for end in range(match.end() - 1, len(text)):
            depth += (text[end] == "(") - (text[end] == ")")
            if depth == 0:
                yield text[match.start() : end + 1]
                break


def shortened(trace: Trace) -> tuple[Trace, dict[str, str]]:
    """Return the trace with labels, and what each label stands for, in order of need."""
    legend: dict[str, str] = {}
    numbers: Counter[str] = Counter()
    while (record := _repeated(trace, legend)) is not None:
        name = record.partition("(")[0]
        numbers[name] += 1
        label = f"{name.lower()}-{numbers[name]}"

        def change(text: str, record: str = record, label: str = label) -> str:
            return text.replace(record, label)

        trace = _changed(trace, change)
        legend = {old: change(meaning) for old, meaning in legend.items()}
        legend[label] = record
    return trace, legend


def _repeated(trace: Trace, legend: dict[str, str]) -> str | None:
    """Return the shortest long record that occurs twice, so that inner ones go first."""
    texts = [*_texts(trace), *legend.values()]
    counts = Counter(record for text in texts for record in records(text))
    wanted = [record for record, n in counts.items() if n > 1 and len(record) >= LONG]
    return min(wanted, key=len, default=None)


def _texts(trace: Trace) -> Iterator[str]:
    for step in trace.steps:
        for change in step.changes:
            yield change.before
            yield change.after
        for observation in step.observations:
            yield from (value for _, value in observation.data)


def _changed(trace: Trace, change: Callable[[str], str]) -> Trace:
    def step(each: TraceStep) -> TraceStep:
        return replace(
            each,
            changes=tuple(
                Change(c.component, change(c.before), change(c.after)) for c in each.changes
            ),
            observations=tuple(
                Seen(o.kind, tuple((n, change(v)) for n, v in o.data)) for o in each.observations
            ),
        )

    return replace(trace, steps=tuple(step(each) for each in trace.steps))
