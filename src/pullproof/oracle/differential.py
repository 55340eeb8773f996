"""Ask the model and the kubelet's code the same questions, many of them.

    python -m pullproof.oracle.differential --minor 1.34 --inputs 200000

Exit status 1: they differ where nothing says that they may.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from typing import Any

import click

from pullproof.model.errors import PullproofError
from pullproof.oracle import accounts, config, image_scenarios, names, scenarios, tokens, wire
from pullproof.oracle.client import Oracle
from pullproof.oracle.comparison import Comparison, Disagreement
from pullproof.oracle.fidelity import Run, made_run, record
from pullproof.oracle.releases import RELEASES, parse_minor
from pullproof.oracle.search import Search, Tally
from pullproof.oracle.wire import example

COMPARISONS: dict[str, Comparison[Any]] = {
    one.op: one
    for room in (wire, names, config, scenarios, image_scenarios, tokens, accounts)
    for one in room.COMPARISONS
}
CHUNK = 4000
GATES = {
    "KubeletServiceAccountTokenForCredentialProviders": True,
    "KubeletEnsureSecretPulledImages": True,
}
"""Without them older minors do not show whose a credential is."""
_CORPUS = "corpus"
Task = tuple[str, str, int]
"""Op, seed and number of inputs; the seed `corpus` stands for the corpus cases."""


def tasks(ops: Sequence[str], inputs: int, seed: int, *, corpus: bool = True) -> Iterator[Task]:
    """Yield the work, the same for the same arguments."""
    weights = {op: COMPARISONS[op].weight for op in ops}
    for op in ops:
        if corpus:
            yield op, _CORPUS, 0
        left = inputs * weights[op] // sum(weights.values())
        for number in range(-(-left // CHUNK)):
            yield op, f"{seed}:{op}:{number}", min(CHUNK, left - number * CHUNK)


def run(
    minor: int, ops: Sequence[str], inputs: int, seed: int, jobs: int, *, corpus: bool = True
) -> dict[str, Tally]:
    """Return what came of `inputs` inputs, shared among `ops` by their weights.

    Args:
        corpus: Whether the cases of the corpus are tried as well.

    Raises:
        OracleUnavailable: there is no oracle for `minor`.
        OracleDied: there is one, but it does not start.
    """
    with Oracle(minor, gates=GATES):  # what keeps one from starting would be told by each worker
        pass
    tallies = {op: Tally() for op in ops}
    todo = list(tasks(ops, inputs, seed, corpus=corpus))
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_start, initargs=(minor,)
    ) as pool:
        for (op, _, _), tally in zip(todo, pool.map(_work, todo), strict=True):
            tallies[op].add(tally)
    return tallies


_searches: list[Search] = []


def _start(minor: int) -> None:
    _searches.append(Search(Oracle(minor, gates=GATES)))


def _work(task: Task) -> Tally:
    op, seed, count = task
    (search,) = _searches
    if seed == _CORPUS:
        return search.seeds(COMPARISONS[op])
    return search.chunk(COMPARISONS[op], seed, count)


def table(tallies: dict[str, Tally], *, markdown: bool) -> str:
    """Return one line for each op, and one for all."""
    rows = [("op", "inputs", "positive", "disagreements", "explained", "inputs/s")]
    whole = Tally()
    for op, tally in tallies.items():
        rows.append(_row(op, tally))
        whole.add(tally)
    rows.append(_row("all", whole))
    if markdown:
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([lines[0], "| --- | ---: | ---: | ---: | ---: | ---: |", *lines[1:]])
    return "\n".join(f"{a:12}{b:>10}{p:>10}{c:>15}{d:>11}{e:>10}" for a, b, p, c, d, e in rows)


def _row(op: str, tally: Tally) -> tuple[str, str, str, str, str, str]:
    rate = f"{tally.inputs / tally.seconds:,.0f}" if tally.seconds else "-"
    explained = sum(tally.explained.values())
    counts = f"{tally.inputs:,}", f"{tally.positive:,}", str(tally.disagreements)
    return op, *counts, str(explained), rate


def candidate(found: Disagreement, minor: int) -> str:
    """Return a disagreement as what a corpus case is made from."""
    return example(
        {
            "op": found.op,
            "input": found.value,
            "model": _where_different(found.model, found.real),
            "kubelet": _where_different(found.real, found.model),
            "made_by": f"k8s.io/kubernetes v{RELEASES[minor]}",
        }
    )


def _where_different(shown: object, other: object) -> object:
    """Return a long text from shortly before the place where the two part."""
    if not isinstance(shown, str) or not isinstance(other, str):
        return shown
    pairs = zip(shown, other, strict=False)
    same = next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(shown), len(other)))
    start = max(0, same - 60)
    return shown if start == 0 else f"…{shown[start:]}"


def _run(op: str, minor: int, seed: int, tally: Tally) -> Run:
    rules = COMPARISONS[op].rules
    return made_run(op, minor, seed, tally, rules)


def _distinct(kept: Sequence[Disagreement]) -> list[Disagreement]:
    by_value = {repr(one.value): one for one in kept}
    return sorted(by_value.values(), key=lambda one: len(repr(one.value)))


@click.command()
@click.option("--minor", default="1.34", show_default=True, help="Kubernetes minor.")
@click.option("--inputs", default=200_000, show_default=True, help="How many, over all ops.")
@click.option("--seed", default=1, show_default=True)
@click.option("--ops", default=",".join(COMPARISONS), help="Some of them, with commas.")
@click.option("--jobs", default=cpu_count() or 1, help="Processes; default: one a core.")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
@click.option("--shown", default=20, show_default=True, help="How many disagreements to print.")
@click.option("--record", "report", type=click.Path(path_type=Path), help="Add to this JSON file.")
def main(
    minor: str,
    inputs: int,
    seed: int,
    ops: str,
    jobs: int,
    markdown: bool,
    shown: int,
    report: Path | None,
) -> None:
    """Compare the model with the kubelet's own code, function by function."""
    names = ops.split(",")
    unknown = sorted(set(names) - set(COMPARISONS))
    if unknown:
        known = ", ".join(COMPARISONS)
        raise click.UsageError(f"unknown ops: {', '.join(unknown)}; there are: {known}")
    began = time.monotonic()
    try:
        number = parse_minor(minor)
        tallies = run(number, names, inputs, seed, jobs)
    except PullproofError as problem:
        click.echo(str(problem), err=True)
        sys.exit(2)
    click.echo(table(tallies, markdown=markdown))
    seconds = time.monotonic() - began
    total = sum(tally.inputs for tally in tallies.values())
    click.echo(
        f"\nKubernetes {RELEASES[number]}, seed {seed}: {seconds:.0f} s, {total / seconds:,.0f} inputs/s"
    )
    for op, tally in tallies.items():
        for reason, count in tally.explained.items():
            click.echo(f"explained, {op}: {count} times {reason}")
    kept = _distinct([one for tally in tallies.values() for one in tally.kept])
    for found in kept[:shown]:
        click.echo(candidate(found, number))
    if report is not None:
        record(report, [_run(op, number, seed, tally) for op, tally in tallies.items()])
    sys.exit(1 if any(tally.disagreements for tally in tallies.values()) else 0)


if __name__ == "__main__":
    main()
