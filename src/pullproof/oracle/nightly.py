"""The long comparison, in pieces that survive an interruption.

    python -m pullproof.oracle.nightly --minor 1.34 --store nightly \\
        --pure 10000000 --stateful 100000 --record docs/fidelity.json
    python -m pullproof.oracle.nightly --minor 1.34 --pure 200000 --stateful 2000 --build

The work is cut into shards, each with a seed of its own. A shard that is done
is a file in the store and is not done again, so the same command goes on where
it was stopped. Exit status 1: model and kubelet differ where nothing says that
they may; 2: there is no oracle, or it failed; 4: nothing was compared, or the
time was up before all was done.
"""

import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from os import cpu_count
from pathlib import Path
from typing import Any

import click

from pullproof.model.errors import PullproofError
from pullproof.oracle.build import build
from pullproof.oracle.differential import COMPARISONS, candidate, run
from pullproof.oracle.fidelity import made_run, record
from pullproof.oracle.releases import RELEASES, OracleUnavailable, parse_minor, program
from pullproof.oracle.search import Tally

STATEFUL = tuple(op for op in ("scenario", "images", "tokens") if op in COMPARISONS)
"""Whose inputs are a kubelet's whole life."""
PURE = tuple(op for op in COMPARISONS if op not in STATEFUL)
PURE_SHARD = 200_000
STATEFUL_SHARD = 10_000


@dataclass(frozen=True, slots=True)
class Shard:
    """A piece of the work: the same one for the same arguments."""

    kind: str
    ops: tuple[str, ...]
    number: int
    inputs: int
    seed: int

    def name(self, minor: int) -> str:
        """Return the name of its file; other work has another one."""
        return f"1.{minor}-{self.kind}-{self.seed}-{self.number:04}-{self.inputs}.json"


def shards(pure: int, stateful: int, seed: int) -> Iterator[Shard]:
    """Yield the work, small pieces of both kinds first by turns."""
    kinds = (("pure", PURE, pure, PURE_SHARD), ("stateful", STATEFUL, stateful, STATEFUL_SHARD))
    pieces = [
        list(_pieces(kind, ops, total, size, seed)) for kind, ops, total, size in kinds if ops
    ]
    for at in range(max((len(list_) for list_ in pieces), default=0)):
        yield from (list_[at] for list_ in pieces if at < len(list_))


def _pieces(kind: str, ops: tuple[str, ...], total: int, size: int, seed: int) -> Iterator[Shard]:
    for number in range(-(-total // size)):
        inputs = min(size, total - number * size)
        yield Shard(kind, ops, number, inputs, seed + 1_000_000 * number)


@dataclass(slots=True)
class Progress:
    """What is done of one minor."""

    minor: int
    total: int
    say: Callable[[str], None]
    began: float
    inputs: int = 0
    disagreements: int = 0
    done: int = 0
    left_out: int = 0

    def add(self, shard: Shard, summary: Mapping[str, Any], *, stored: bool) -> None:
        self.done += 1
        self.inputs += summary["inputs"]
        self.disagreements += summary["disagreements"]
        word = (
            "stored" if stored else f"{summary['inputs'] / max(summary['seconds'], 0.001):,.0f}/s"
        )
        left = self.total - self.done
        each = (time.monotonic() - self.began) / self.done
        self.say(
            f"1.{self.minor} {self.done}/{self.total} {shard.kind} {shard.number}: "
            f"{self.inputs:,} inputs, {self.disagreements} disagreements, {word}, "
            f"about {left * each / 60:.0f} min left"
        )


def work(
    minor: int,
    todo: Sequence[Shard],
    store: Path,
    jobs: int,
    budget_s: float | None,
    say: Callable[[str], None],
) -> tuple[list[Mapping[str, Any]], Progress]:
    """Return the summaries of all shards that are done, now or before.

    Raises:
        OracleUnavailable, OracleDied: there is no oracle, or it failed.
    """
    store.mkdir(parents=True, exist_ok=True)
    progress = Progress(minor, len(todo), say, time.monotonic())
    summaries: list[Mapping[str, Any]] = []
    for shard in todo:
        path = store / shard.name(minor)
        # A result is of one oracle and one model; another program starts anew.
        known = _stored(path, minor)
        if known is None and budget_s is not None and time.monotonic() - progress.began > budget_s:
            progress.left_out += 1
            continue
        summary = known or _run(minor, shard, jobs)
        if known is None:
            _write(path, summary)
        summaries.append(summary)
        progress.add(shard, summary, stored=known is not None)
        if known is None:
            told: list[str] = summary["kept"]
            for text in told:
                say(text)
    return summaries, progress


def _run(minor: int, shard: Shard, jobs: int) -> dict[str, Any]:
    began = time.monotonic()
    tallies = run(minor, shard.ops, shard.inputs, shard.seed, jobs, corpus=shard.number == 0)
    return {
        "judged_by": _judges(minor),
        "kind": shard.kind,
        "seed": shard.seed,
        "inputs": sum(tally.inputs for tally in tallies.values()),
        "disagreements": sum(tally.disagreements for tally in tallies.values()),
        "seconds": time.monotonic() - began,
        "ops": {op: _plain(tally) for op, tally in tallies.items()},
        "kept": [candidate(one, minor) for tally in tallies.values() for one in tally.kept],
    }


@cache
def _judges(minor: int) -> str:
    """Return what names the oracle and the model that is compared with it."""
    digest = hashlib.sha256()
    for room in ("model", "oracle", "corpus"):
        folder = Path(str(files(f"pullproof.{room}")))
        for path in sorted(folder.glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{program(minor).parent.name} {digest.hexdigest()[:16]}"


def _plain(tally: Tally) -> dict[str, Any]:
    return {
        "inputs": tally.inputs,
        "positive": tally.positive,
        "disagreements": tally.disagreements,
        "explained": dict(tally.explained),
    }


def _stored(path: Path, minor: int) -> dict[str, Any] | None:
    try:
        summary: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return summary if summary.get("judged_by") == _judges(minor) else None


def _write(path: Path, summary: Mapping[str, Any]) -> None:
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(summary, indent=1) + "\n", "utf-8")
    scratch.replace(path)


def tallies_of(summaries: Sequence[Mapping[str, Any]]) -> dict[str, Tally]:
    """Return what came of all shards, by op."""
    whole: dict[str, Tally] = {}
    for summary in summaries:
        for op, told in summary["ops"].items():
            counts = Counter(
                {str(reason): int(count) for reason, count in told["explained"].items()}
            )
            tally = Tally(told["inputs"], told["positive"], told["disagreements"], counts)
            whole.setdefault(op, Tally()).add(tally)
    return whole


@click.command()
@click.option(
    "--minor", "minors", multiple=True, help="Kubernetes minor (may repeat) [default: all]."
)
@click.option("--pure", default=10_000_000, show_default=True, help="Inputs of pure functions.")
@click.option("--stateful", default=100_000, show_default=True, help="Whole scenarios.")
@click.option("--seed", default=1, show_default=True)
@click.option("--jobs", default=cpu_count() or 1, help="Processes; default: one a core.")
@click.option("--budget", type=float, metavar="SECONDS", help="Start no shard after this time.")
@click.option(
    "--store", type=click.Path(path_type=Path), default=Path("pullproof-nightly"), show_default=True,
    help="Directory of finished shards.",
)  # fmt: skip
@click.option("--build", "is_built_first", is_flag=True, help="Build oracles that are missing.")
@click.option("--record", "report", type=click.Path(path_type=Path), help="Add to this JSON file.")
@click.option(
    "--skip-unavailable", is_flag=True, help="No Go or no modules: say so in one line, exit 0."
)
def main(
    minors: tuple[str, ...],
    pure: int,
    stateful: int,
    seed: int,
    jobs: int,
    budget: float | None,
    store: Path,
    is_built_first: bool,
    report: Path | None,
    skip_unavailable: bool,
) -> None:
    """Compare the model with the kubelet's own code for as long as it takes."""
    code = 0
    todo = list(shards(pure, stateful, seed))
    if not todo:
        click.echo("nothing was compared: --pure and --stateful ask for nothing", err=True)
        sys.exit(4)
    try:
        for number in [parse_minor(text) for text in minors] or list(RELEASES):
            if is_built_first:
                build(number)
            summaries, progress = work(number, todo, store, jobs, budget, click.echo)
            tallies = tallies_of(summaries)
            if report is not None:
                record(report, [made_run(op, number, seed, tallies[op], COMPARISONS[op].rules) for op in tallies])  # fmt: skip
            click.echo(_bottom(progress))
            code = max(code, 1 if progress.disagreements else 4 if progress.left_out else 0)
    except OracleUnavailable as problem:
        click.echo(f"the oracle did not run: {problem}", err=True)
        sys.exit(code or (0 if skip_unavailable else 2))
    except PullproofError as problem:
        click.echo(f"the oracle failed: {problem}", err=True)
        sys.exit(2)
    sys.exit(code)


def _bottom(progress: Progress) -> str:
    left_out = f", {progress.left_out} shards left out" if progress.left_out else ""
    return (
        f"Kubernetes {RELEASES[progress.minor]}: {progress.inputs:,} inputs, "
        f"{progress.disagreements} disagreements{left_out}"
    )


if __name__ == "__main__":
    main()
