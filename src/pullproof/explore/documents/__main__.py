"""The command line of this package; see `--help`."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from pullproof.explore.documents import (
    comparison,
    findings,
    invariants,
    measured,
    mutants,
    track_record,
)
from pullproof.explore.documents.measure import measure
from pullproof.explore.jobs import cores


@click.group(help="Make the pages on the formal model; run it in the checkout.")
def main() -> None:
    pass


@main.command("measure")
@click.option("--jobs", type=int, default=None, help="Worker processes; one per core if left out.")
@click.option("--changed", is_flag=True, help="Only mutants that changed since the last run.")
def _measure(jobs: int | None, changed: bool) -> None:
    """Explore every mutant and write docs/mutants.json."""
    before = measured.read() if changed else None
    measured.write(measure(jobs or cores(), None, lambda text: click.echo(text, err=True), before))


@main.command("invariants")
@click.option("--check", is_flag=True, help="Write nothing; fail if the page is out of date.")
def _invariants(check: bool) -> None:
    """Write docs/invariants.md."""
    _page(invariants.PATH, lambda: invariants.page(measured.read()), check)


@main.command("mutants")
@click.option("--check", is_flag=True, help="Write nothing; fail if the page is out of date.")
def _mutants(check: bool) -> None:
    """Write docs/mutants.md."""
    _page(mutants.PATH, lambda: mutants.page(measured.read()), check)


@main.command("track-record")
@click.option("--check", is_flag=True, help="Search nothing; fail if the page is out of date.")
def _track_record(check: bool) -> None:
    """Find every historical bug again; write docs/track-record.json and .md."""
    if not check:
        track_record.write(track_record.find_all())
    _page(track_record.PATH, lambda: track_record.page(track_record.read()), check)


@main.command("findings")
@click.option("--check", is_flag=True, help="Search nothing; fail if the page is out of date.")
def _findings(check: bool) -> None:
    """Look for what breaks expectations; write docs/findings.json and .md."""
    if not check:
        findings.write(findings.find_all(cores()))
    _page(findings.PATH, lambda: findings.page(findings.read()), check)


@main.command("compare")
@click.option("--check", is_flag=True, help="Explore nothing; fail if a page is out of date.")
def _compare(check: bool) -> None:
    """Set ways to pull side by side; write docs/compare.json and .md, and the README's table."""
    if not check:
        comparison.write(comparison.find(cores()))
    found = comparison.read()
    _page(comparison.PATH, lambda: comparison.page(found), check)
    readme = comparison.README.read_text("utf-8")
    _page(comparison.README, lambda: comparison.in_readme(readme, found), check, "compare")


def _page(path: Path, made: Callable[[], str], check: bool, name: str = "") -> None:
    text = made()
    if not check:
        path.write_text(text, "utf-8")
    elif not path.is_file() or path.read_text("utf-8") != text:
        click.echo(
            f"{path} is out of date; run: python -m {__package__} {name or path.stem}", err=True
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
