"""`pullproof replay`: execute a saved case again."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from pullproof import schemas
from pullproof.checks.catalogue import by_id
from pullproof.commands.target import TARGET_OPTIONS, build_setup
from pullproof.engine.replay import replay
from pullproof.model.errors import Problem, UserError
from pullproof.model.scenario import from_json
from pullproof.report.evidence import views
from pullproof.report.mask import mask, printable

FIXED, STILL_FAILS, CHANGED = "FIXED", "STILL FAILS", "CHANGED"


def replay_command(*, case: Path, attempts: int, **target: Any) -> int:
    """Print the word and the steps; return 0 for FIXED, 1 or 3 otherwise."""
    document = read_case(case)
    setup = build_setup(target if _names_target(target) else _saved_target(document, target))
    scenario = from_json(document["scenario"])
    check = by_id(scenario.check)
    outcome = replay(setup, scenario, document["seed"], attempts=attempts, check=scenario.check)
    failed = [verdict for verdict in outcome.verdicts if verdict.failed]
    rules = {verdict.rule for verdict in failed}
    if not failed:
        sure = all(verdict.outcome.value == "pass" for verdict in outcome.verdicts)
        word = FIXED if sure else CHANGED
    else:
        word = STILL_FAILS if len(failed) == attempts and rules == {document["rule"]} else CHANGED
    console = Console(highlight=False)
    console.print(f"[bold]{word}[/bold]  {check.id} {check.title}")
    console.print(f"  failed {len(failed)} of {attempts} times", style="dim")
    verdict = failed[0] if failed else outcome.verdicts[0]
    click.echo(f"  was: {document['rule']}: {document['message']}")
    now = printable(mask(verdict.message, outcome.transcript))
    words = " ".join(word for word in (verdict.outcome.value, verdict.rule) if word)
    click.echo(f"  now: {words}: {now}".rstrip(": "))
    for view in views(setup, outcome.transcript):
        click.echo(f"  [{view.id}] {view.what}")
        for name in ("request", "stdout", "stderr", "ended", "kubelet"):
            value = getattr(view, name)
            if value:
                click.echo(f"    {name}: {value.rstrip()}")
    return {FIXED: 0, STILL_FAILS: 1}.get(word, 1 if rules == {document["rule"]} else 3)


def read_case(path: Path) -> dict[str, Any]:
    """Return the saved case at `path`, checked.

    Raises:
        UserError: it cannot be read or is no case.
    """
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(Problem(f"cannot read it: {error.strerror}", str(path))) from None
    except ValueError as error:
        raise UserError(Problem(f"not JSON: {error}", str(path))) from None
    for found in schemas.violations("case", document):
        raise UserError(
            Problem(f"not a saved case: {found.message}", str(path), field=found.pointer)
        )
    return document


def _names_target(target: dict[str, Any]) -> bool:
    return any(target[name] for name in ("config", "bin_dir", "settings", "command"))


def _saved_target(document: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Parse the words a case was saved with, as the command line would."""
    from pullproof.cli import replay as command

    words = ["-", *document["target"]]
    try:
        context = command.make_context("replay", words, resilient_parsing=False)
    except click.ClickException as error:
        raise UserError(
            Problem(f"its target cannot be used here: {error.format_message()}", field="target")
        ) from None
    saved = {name: context.params[name] for name in TARGET_OPTIONS}
    # What was given beside the case wins: another version, more environment.
    for name, value in given.items():
        if value:
            saved[name] = (*saved[name], *value) if isinstance(value, tuple) else value
    return saved
