"""What was compared, when and with which result; docs/fidelity.md is made of it.

    python -m pullproof.oracle.fidelity [--check]

`differential --record docs/fidelity.json` writes the record. The page shows it
per op and per rule, and is never edited by hand.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import click

from pullproof.oracle.releases import RELEASES

RECORD = Path("docs/fidelity.json")
PAGE = Path("docs/fidelity.md")
_Cell: TypeAlias = "Callable[[str, int], Sequence[Run]]"

_HEAD = """\
<!-- Made by `python -m pullproof.oracle.fidelity` from fidelity.json. Do not edit. -->

# How faithful the model is

The model's answers were compared with those of the kubelet's own code, compiled from the
Kubernetes releases below (`oracle/`). An input counts as a disagreement if any part of the two
answers differs, messages included. *Explained* inputs differ for a reason that is told below the
tables; nothing else is left out.

Compare again: `python -m pullproof.oracle.differential --minor 1.34 --inputs 200000`.
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One op of one minor in one run."""

    op: str
    minor: int
    release: str
    date: str
    seed: int
    inputs: int
    disagreements: int
    rules: tuple[str, ...] = ()
    explained: Mapping[str, int] = field(default_factory=dict[str, int])


def read(path: Path) -> list[Run]:
    """Return the record; nothing if there is no such file."""
    if not path.is_file():
        return []
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    for row in rows:
        row["rules"] = tuple(row["rules"])
    return [Run(**row) for row in rows]


def record(path: Path, runs: Sequence[Run]) -> None:
    """Put `runs` into the record, each in place of the last one of its op and minor."""
    kept = {(run.minor, run.op): run for run in [*read(path), *runs]}
    whole = [asdict(kept[key]) for key in sorted(kept)]
    path.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")


def made_run(
    op: str,
    minor: int,
    seed: int,
    inputs: int,
    disagreements: int,
    rules: tuple[str, ...],
    explained: Mapping[str, int],
) -> Run:
    """Return a run of today."""
    today = date.today().isoformat()
    return Run(
        op, minor, RELEASES[minor], today, seed, inputs, disagreements, rules, dict(explained)
    )


def page(runs: Sequence[Run]) -> str:
    """Return docs/fidelity.md."""
    minors = sorted({run.minor for run in runs})
    ops = list(dict.fromkeys(run.op for run in sorted(runs, key=lambda run: run.op)))
    rules = sorted({rule for run in runs for rule in run.rules})
    parts = [_HEAD, "## Releases\n", _releases(runs, minors)]
    parts += ["## By op\n", "Inputs, and disagreements if there are any.\n"]
    parts.append(_table("op", ops, minors, lambda op, minor: _of_op(runs, op, minor)))
    parts += ["## By rule\n", "Inputs whose answer depends on the rule, among others.\n"]
    parts.append(_table("rule", rules, minors, lambda rule, minor: _of_rule(runs, rule, minor)))
    parts += ["## Explained\n", _explained(runs)]
    return "\n".join(parts)


def _table(name: str, rows: Sequence[str], minors: Sequence[int], cell: _Cell) -> str:
    head = " | ".join([name, *(f"1.{minor}" for minor in minors)])
    lines = [f"| {head} |", "| --- |" + " ---: |" * len(minors)]
    for row in rows:
        cells = [_shown(cell(row, minor)) for minor in minors]
        lines.append(f"| {' | '.join([row, *cells])} |")
    return "\n".join(lines) + "\n"


def _of_op(runs: Sequence[Run], op: str, minor: int) -> list[Run]:
    return [run for run in runs if run.op == op and run.minor == minor]


def _of_rule(runs: Sequence[Run], rule: str, minor: int) -> list[Run]:
    return [run for run in runs if rule in run.rules and run.minor == minor]


def _shown(runs: Sequence[Run]) -> str:
    if not runs:
        return "-"
    inputs = f"{sum(run.inputs for run in runs):,}"
    disagreements = sum(run.disagreements for run in runs)
    return f"{inputs} (**{disagreements}**)" if disagreements else inputs


def _releases(runs: Sequence[Run], minors: Sequence[int]) -> str:
    lines = [
        "| Kubernetes | date | inputs | disagreements | explained |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for minor in minors:
        own = [run for run in runs if run.minor == minor]
        release, last = own[0].release, max(run.date for run in own)
        inputs = sum(run.inputs for run in own)
        disagreements = sum(run.disagreements for run in own)
        explained = sum(sum(run.explained.values()) for run in own)
        lines.append(f"| {release} | {last} | {inputs:,} | {disagreements} | {explained} |")
    return "\n".join(lines) + "\n"


def _explained(runs: Sequence[Run]) -> str:
    counts: dict[str, int] = {}
    for run in runs:
        for reason, count in run.explained.items():
            counts[reason] = counts.get(reason, 0) + count
    lines = [f"* {reason} ({count} inputs)" for reason, count in sorted(counts.items())]
    return "\n".join(lines or ["Nothing needed explaining."]) + "\n"


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if the page is out of date.")
def main(check: bool) -> None:
    """Write docs/fidelity.md from docs/fidelity.json."""
    text = page(read(RECORD))
    if not check:
        PAGE.write_text(text, "utf-8")
    elif not PAGE.is_file() or PAGE.read_text("utf-8") != text:
        click.echo(f"{PAGE} is out of date; run: python -m pullproof.oracle.fidelity", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
