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
from pullproof.oracle.search import Tally

RECORD = Path("docs/fidelity.json")
PAGE = Path("docs/fidelity.md")
_Cell: TypeAlias = "Callable[[str, int], Sequence[Run]]"

_HEAD = """\
<!-- Made by `python -m pullproof.oracle.fidelity` from fidelity.json. Do not edit. -->

# How faithful the model is

The model's answers were compared with those of the kubelet's own code, compiled from the
Kubernetes releases below (`oracle/`). Compare again:
`python -m pullproof.oracle.nightly --minor 1.34 --pure 200000 --stateful 2000`.

*Positive* inputs are those to which the model says yes: the response is accepted, the pattern
matches, some lookup finds a credential. The others agree on a refusal, which proves less.

## What these figures do not say

* **They are of the model as it is now.** Earlier runs disagreed; the model was corrected, and what
  is recorded ran afterwards. *Found and corrected* lists those.
* **Inputs are generated, not exhaustive.** Seeds are in fidelity.json.
* **A rule is listed with all inputs of the ops that can reach it.** How many did is not counted.
* **Not everything is compared.** Left out of messages: file contents, source files and map dumps
  that Go's libraries append; where and why a YAML parser gave up (only *that* it did); names of
  provider, image and pod at the end of a log line since 1.35. Go reads the auth keys of one
  response in random order; the order of those that become one keyring key is not compared (Q-10).
* **The standard library is that of the Go that built the oracle**, not of the released kubelets'.
* **Providers are not run** in these comparisons; a hook answers in place of a process. Tests hold
  the hook against real processes on a few dozen responses. The one-minute limit is not reached.
* **Of the image side:** under pressure, collections whose first image chance decides; crashes while an
  intent is there, where the refs of the runtime differ; intents whose file changes while a kubelet
  that holds them in memory runs; image volumes.
"""
_OPEN = """\
## Open

No difference is known that nothing explains.
"""
_COUNTED = """\
The disagreements that the tables still count led to the last corrections below and are gone;
that op has not been run since.
"""
_FOUND = """\
## Found and corrected

| rule | what the model had wrong | kubelets |
| --- | --- | --- |
| K-033b, K-041 | a second colon in a host is an error only since 1.36 (GODEBUG of Kubernetes' go.mod) | to 1.35 |
| K-098 | a lookup without credentials is logged as one structured line, in other words | since 1.35 |
| K-034f | validation speaks of label keys and counts bytes | since 1.35 |
| K-034f, K-070 | Go's lower case of U+0130, and of bytes that are no UTF-8 | all |
| K-095 | two terms of 2^63 ns add up to 0 in Go | all |
| K-095 | bytes that are no UTF-8 in Go's message | all |
| K-022 | `\\/` is an unknown escape in YAML, `\\'` a known one; an escape must name a character (the model crashed on `\\U00110000`) | all |
| K-022 | `%YAML 1.2`, and directives of unknown name, are refused | all |
| K-023 | bytes of a `!!binary` that are no UTF-8 | all |
| K-023 | an apiVersion with an empty group (`/a`) in a message | all |
| K-022 | `\\|#`, and `\\|` before a tab: a comment or tab may follow the header of a block scalar at once; a tab is no indent of one | all |
| K-022 | `[?]` loses its bracket to go-yaml's parser, `[?]]` is whole; `![!` is a tag, and a tab may follow one | all |
| K-022 | a mapping as a key is told before an empty key | all |
| K-022 | a lone `!` makes a text of whatever follows, `! 12` and nothing included | all |
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
    positive: int = 0
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


def made_run(op: str, minor: int, seed: int, tally: Tally, rules: tuple[str, ...]) -> Run:
    """Return a run of today."""
    return Run(
        op,
        minor,
        RELEASES[minor],
        date.today().isoformat(),
        seed,
        tally.inputs,
        tally.disagreements,
        tally.positive,
        rules,
        dict(tally.explained),
    )


def page(runs: Sequence[Run]) -> str:
    """Return docs/fidelity.md."""
    minors = sorted({run.minor for run in runs})
    ops = list(dict.fromkeys(run.op for run in sorted(runs, key=lambda run: run.op)))
    rules = sorted({rule for run in runs for rule in run.rules})
    parts = [_HEAD, "## Releases\n", _releases(runs, minors)]
    parts += ["## By op\n", "Inputs / positive ones, and disagreements if there are any.\n"]
    parts.append(_table("op", ops, minors, lambda op, minor: _of_op(runs, op, minor)))
    parts += ["## By rule\n", "Inputs / positive ones of the ops that can reach the rule.\n"]
    parts.append(_table("rule", rules, minors, lambda rule, minor: _of_rule(runs, rule, minor)))
    parts += ["## Explained\n", _explained(runs), _OPEN]
    parts += [_COUNTED] if any(run.disagreements for run in runs) else []
    parts.append(_FOUND)
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
    positive = sum(run.positive for run in runs)
    inputs = f"{sum(run.inputs for run in runs):,} / {positive:,}"
    disagreements = sum(run.disagreements for run in runs)
    return f"{inputs} (**{disagreements}**)" if disagreements else inputs


def _releases(runs: Sequence[Run], minors: Sequence[int]) -> str:
    lines = [
        "| Kubernetes | date | inputs | positive | disagreements | explained |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for minor in minors:
        own = [run for run in runs if run.minor == minor]
        release, last = own[0].release, max(run.date for run in own)
        inputs = sum(run.inputs for run in own)
        disagreements = sum(run.disagreements for run in own)
        explained = sum(sum(run.explained.values()) for run in own)
        positive = sum(run.positive for run in own)
        counts = f"{inputs:,} | {positive:,} | {disagreements} | {explained}"
        lines.append(f"| {release} | {last} | {counts} |")
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
