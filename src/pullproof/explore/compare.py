"""Several ways to pull side by side: which invariant is kept by which."""

from collections.abc import Sequence
from dataclasses import dataclass

from pullproof.explore.result import Exploration, PropertyResult, Status

WITNESS = "/sometimes"
"""`I-05/sometimes` says whether there was occasion to break I-05."""
KEPT, NOT_APPLICABLE = "kept", "not applicable"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows of invariants, a column per configuration."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Id, prose, cells: `kept`, `broken (n)` with the trace's length, `not applicable`."""


def compared(explorations: Sequence[Exploration]) -> Comparison:
    """Return the table over all always-properties, in order of first appearance.

    What applies to none of them is left out.
    """
    prose: dict[str, str] = {}
    for each in explorations:
        for result in each.properties:
            if result.status in (Status.HELD, Status.VIOLATED):
                prose.setdefault(result.id, result.prose)
    by_id = [{result.id: result for result in each.properties} for each in explorations]
    rows = tuple(
        (
            id_,
            text,
            tuple(_cell(id_, results, e) for results, e in zip(by_id, explorations, strict=True)),
        )
        for id_, text in prose.items()
    )
    shown = tuple(row for row in rows if set(row[2]) != {NOT_APPLICABLE})
    return Comparison(tuple(each.machine for each in explorations), shown)


def _cell(id_: str, results: dict[str, PropertyResult], exploration: Exploration) -> str:
    result = results.get(id_)
    if result is None:
        return NOT_APPLICABLE
    if result.trace is not None:
        return f"broken ({len(result.trace)})"
    occasion = results.get(id_ + WITNESS)
    if occasion is not None and occasion.status is Status.UNWITNESSED:
        return NOT_APPLICABLE if exploration.is_complete else "not reached"
    return KEPT if exploration.is_complete else "kept so far"


def as_text(table: Comparison) -> str:
    """Return the table in columns, with prose at the end of each line."""
    header = ("", *table.columns, "")
    rows = [header, *((id_, *cells, prose) for id_, prose, cells in table.rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    lines.insert(1, "-" * sum([*widths[:-1], 2 * len(table.columns)]))
    return "\n".join(lines) + "\n"


def as_markdown(table: Comparison) -> str:
    """Return the table as Markdown, with prose."""
    lines = [
        f"| invariant | {' | '.join(table.columns)} |",
        "| --- |" + " --- |" * len(table.columns),
    ]
    for id_, prose, cells in table.rows:
        shown = " | ".join(f"**{c}**" if c.startswith("broken") else c for c in cells)
        lines.append(f"| {id_}: {_cell_text(prose)} | {shown} |")
    return "\n".join(lines) + "\n"


def _cell_text(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
