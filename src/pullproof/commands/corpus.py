"""`pullproof corpus`: merge, minimise and look at corpora of `pullproof fuzz`."""

from collections import Counter
from pathlib import Path

import click

from pullproof.fuzzing.feedback.base import space_of
from pullproof.fuzzing.store import Store, merge, minimal
from pullproof.model.errors import Problem, UserError


def corpus_command(*, action: str, directories: tuple[Path, ...]) -> int:
    """Do `action`; return the exit code."""
    return {"merge": _merge, "minimise": _minimise, "stats": _stats}[action](directories)


def _merge(directories: tuple[Path, ...]) -> int:
    target, *sources = directories
    if not sources:
        raise UserError(Problem("merge needs a target and at least one source"))
    copied = merge(target, sources)
    click.echo(f"{copied} new files in {target}")
    return 0


def _minimise(directories: tuple[Path, ...]) -> int:
    for directory in directories:
        store = _opened(directory)
        saved = tuple(store.scenarios())
        kept = minimal(saved)
        store.remove(item.id for item in saved if item.id not in kept)
        click.echo(f"{directory}: {len(kept)} of {len(saved)} scenarios show everything")
    return 0


def _stats(directories: tuple[Path, ...]) -> int:
    for directory in directories:
        store = _opened(directory)
        saved = tuple(store.scenarios())
        features = frozenset[int]().union(*(item.features for item in saved))
        coverage = sum(space_of(number) > 1 for number in features)
        sources = Counter(item.source for item in saved)
        click.echo(f"{directory}")
        click.echo(f"  scenarios   {len(saved)}")
        click.echo(f"  coverage    {coverage}")
        click.echo(f"  novelty     {len(features) - coverage}")
        for source, count in sorted(sources.items()):
            click.echo(f"  from {source:10} {count}")
        for part in ("findings", "flaky", "suspects"):
            click.echo(f"  {part:11} {len(store.cases(part))}")
    return 0


def _opened(directory: Path) -> Store:
    if not (directory / "queue").is_dir():
        raise UserError(Problem("no corpus: there is no queue in it", str(directory)))
    return Store(directory)
