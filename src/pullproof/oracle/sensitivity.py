"""Would the comparison notice a mistake in the model? Plant some and see.

    python -m pullproof.oracle.sensitivity --minor 1.34 --record docs/sensitivity.json
    python -m pullproof.oracle.sensitivity --minor 1.37 --rooms images --record docs/sensitivity.json
    python -m pullproof.oracle.sensitivity --page [--check]

Room `source`: each mutant of `mutant_table` is compared with the kubelet's own
code until the two disagree, in a process of its own. Room `images`: each
mistaken decision of the protocol's image side (`image_mutants`). Exit status 1: a mutant survived without a known reason, or one
that should have survived did not.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import chain
from os import cpu_count
from pathlib import Path
from typing import Any

import click

from pullproof.oracle import image_mutants
from pullproof.oracle.client import Oracle
from pullproof.oracle.fates import ROOMS, Fate, mistakes, read, record, unexpected
from pullproof.oracle.mutant_table import by_id
from pullproof.oracle.mutants import Mutant
from pullproof.oracle.releases import RELEASES, OracleUnavailable, parse_minor

RECORD = Path("docs/sensitivity.json")
PAGE = Path("docs/sensitivity.md")
_SPARE_S = 60.0

_HEAD = """\
<!-- Made by `python -m pullproof.oracle.sensitivity --page` from sensitivity.json. Do not edit. -->

# How sensitive the comparison is

`docs/fidelity.md` says that model and kubelet agree. That is worth something only if they would
disagree when the model is wrong. So small mistakes are planted in the model, one at a time, and
the same generated inputs are put to the mistaken model and to the kubelet's own code.
Run it again: `python -m pullproof.oracle.sensitivity --minor 1.34 --rooms source,images`.

*Inputs* and *seconds* are those until the first disagreement; corpus cases come first. Seconds
include the generation of inputs and depend on the machine. A mutant with several ops was tried on
one after the other. *crashed*: the mistaken model failed on an input, or had the kubelet's code do
what it does not survive.

Mistaken decisions of the protocol machines are all shown the same scenarios, and a mutant's
seconds are those of making and asking them and of its own play. Their example is the first move
that came out otherwise. Those of the lookup side walk by themselves, and the kubelet's code does
the same (`python -m tests.oracle.lookup_mutants --minor 1.37`); their *inputs* are walks.
"""


def fate(mutant: Mutant, minor: int, inputs: int, seconds: float, seed: int) -> Fate:
    """Return what becomes of `mutant` when it meets the oracle of `minor`.

    Raises:
        RuntimeError: its process failed.
    """
    words = [mutant.id, str(minor), str(inputs), str(seconds), str(seed)]
    done = subprocess.run(
        [sys.executable, "-m", "pullproof.oracle.mutant_run", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds * len(mutant.ops) + _SPARE_S,
    )
    if done.returncode:
        raise RuntimeError(f"{mutant.id}: {done.stderr.strip()[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    told["seconds"] = round(told["seconds"], 2)
    return Fate(mutant.id, minor, date.today().isoformat(), **told)


def page(fates: Sequence[Fate]) -> str:
    """Return docs/sensitivity.md."""
    parts = [_HEAD]
    for minor in sorted({one.minor for one in fates}):
        own = [one for one in fates if one.minor == minor]
        parts += [f"## Kubernetes {RELEASES[minor]}\n"]
        for room, title in ROOMS.items():
            fates_of = [one for one in own if mistakes()[one.id].room == room]
            if fates_of:
                parts += [f"### {title}\n", _summary(fates_of), _table(fates_of)]
    return "\n".join(parts)


def _summary(fates: Sequence[Fate]) -> str:
    noticed = [one for one in fates if one.noticed]
    hidden = [one for one in fates if not one.noticed and _excuse(one)]
    lost = [one for one in fates if not one.noticed and not _excuse(one)]
    inputs = sorted(one.inputs for one in noticed)
    seconds = sorted(one.seconds for one in noticed)
    lines = [f"{len(noticed)} of {len(fates)} mutants were noticed."]
    if noticed:
        half = len(noticed) // 2
        lines.append(
            f"Half of them within {inputs[half]:,} inputs and {seconds[half]:.1f} s, "
            f"all within {inputs[-1]:,} inputs and {seconds[-1]:.1f} s."
        )
    if hidden:
        lines.append(f"{len(hidden)} were not, for the reason given.")
    if lost:
        lines.append(f"**{len(lost)} survived without a known reason.**")
    return "\n".join(lines) + "\n"


def _table(fates: Sequence[Fate]) -> str:
    lines = [
        "| mutant | rule | mistake | noticed by | inputs | seconds | for example |",
        "| --- | --- | --- | --- | ---: | ---: | --- |",
    ]
    for one in fates:
        mutant = mistakes()[one.id]
        by = one.op if one.outcome == "killed" else f"{one.op} (crashed)"
        shown = f"`{one.example[:80]}`".replace("|", "\\|") if one.example else ""
        if not one.noticed:
            by, shown = "**survived**", _excuse(one)
        cells = (one.id, mutant.rule, mutant.what, by, f"{one.inputs:,}", f"{one.seconds:.1f}")
        lines.append(f"| {' | '.join((*cells, shown))} |")
    return "\n".join(lines) + "\n"


def _excuse(one: Fate) -> str:
    return mistakes()[one.id].excuse(one.minor)


@click.command()
@click.option("--minor", default="1.34", show_default=True, help="Kubernetes minor.")
@click.option("--inputs", default=20_000, show_default=True, help="For each op, at most.")
@click.option("--seconds", default=40.0, show_default=True, help="For each op, at most.")
@click.option("--seed", default=1, show_default=True)
@click.option("--rooms", default="source,images", show_default=True, help="Of source, images.")
@click.option("--scenarios", default=1500, show_default=True, help="Of room images, at most.")
@click.option("--only", default="", metavar="ID,ID", help="Only these mutants.")
@click.option("--jobs", default=cpu_count() or 1, help="Processes; default: one a core.")
@click.option("--record", "report", type=click.Path(path_type=Path), help="Add to this JSON file.")
@click.option("--page", "write_page", is_flag=True, help="Run nothing; write docs/sensitivity.md.")
@click.option("--check", is_flag=True, help="With --page: only say whether it is up to date.")
def main(
    minor: str,
    inputs: int,
    seconds: float,
    seed: int,
    rooms: str,
    scenarios: int,
    only: str,
    jobs: int,
    report: Path | None,
    write_page: bool,
    check: bool,
) -> None:
    """Plant mistakes in the model and see which of them the comparison notices."""
    if write_page:
        _write_page(check=check)
        return
    ids = _chosen(rooms, only)
    if not any(ids.values()):
        raise click.UsageError(f"no mutant of {only} is in {rooms}: nothing would be tried")
    fates: list[Fate] = []
    try:
        number = parse_minor(minor)
        with Oracle(number):
            pass
        limits = (number, inputs, seconds, seed)
        for one in chain(
            _of_source(ids["source"], limits, jobs),
            _of_images(ids["images"], number, scenarios, seed),
        ):
            fates.append(one)
            click.echo(
                f"{one.id:36}{one.outcome:10}{one.op:12}{one.inputs:>8,}{one.seconds:>8.1f} s"
            )
    except OracleUnavailable as problem:
        click.echo(str(problem), err=True)
        sys.exit(2)
    click.echo("\n" + _summary(fates))
    if report is not None:
        record(report, fates)
    bad = unexpected(fates)
    for one in bad:
        click.echo(f"unexpected: {one.id} {one.outcome}", err=True)
    sys.exit(1 if bad else 0)


def _chosen(rooms: str, only: str) -> dict[str, list[str]]:
    """Return the ids to be tried, by room."""
    wanted = set(only.split(",")) if only else set[str]()
    unknown = (wanted - set(mistakes())) | (set(rooms.split(",")) - {"source", "images"})
    if unknown:
        raise click.UsageError(f"no mutant or room {', '.join(sorted(unknown))}")
    chosen: dict[str, list[str]] = {"source": [], "images": []}
    for id, mistake in mistakes().items():
        if mistake.room in rooms.split(",") and (not only or id in wanted):
            chosen[mistake.room].append(id)
    return chosen


def _of_source(
    ids: Sequence[str], limits: tuple[int, int, float, int], jobs: int
) -> Iterator[Fate]:
    def met(id: str) -> Fate:
        return fate(by_id(id), *limits)

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(met, ids)


def _of_images(ids: Sequence[str], minor: int, scenarios: int, seed: int) -> Iterator[Fate]:
    return image_mutants.met(minor, scenarios, seed, ids) if ids else iter(())


def _write_page(*, check: bool) -> None:
    text = page(read(RECORD))
    if not check:
        PAGE.write_text(text, "utf-8")
    elif not PAGE.is_file() or PAGE.read_text("utf-8") != text:
        command = "python -m pullproof.oracle.sensitivity --page"
        click.echo(f"{PAGE} is out of date; run: {command}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
