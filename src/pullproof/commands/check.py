"""`pullproof check`: the main job."""

import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from pullproof.commands.target import build_setup, target_words
from pullproof.engine.options import Options, Profile
from pullproof.engine.result import RunResult
from pullproof.engine.run import run
from pullproof.model.setup import Setup
from pullproof.report import files
from pullproof.report.documents import junit_xml, report_document
from pullproof.report.progress import Progress
from pullproof.report.text import print_result


def check_command(
    *,
    profile: str,
    budget: float | None,
    seed: int,
    jobs: int | None,
    checks: tuple[str, ...],
    strict: bool,
    expect: Path | None,
    report_dir: Path,
    no_report: bool,
    format_: str,
    verbose: bool,
    **target: Any,
) -> int:
    """Run the checks, show and save the result; return the exit code."""
    setup = build_setup(target)
    expectations = None
    if expect is not None:
        from pullproof.engine.expect import load_expectations

        expectations = load_expectations(expect)
    if not no_report:
        files.prepare(report_dir)
    progress = Progress(live=sys.stderr.isatty(), width=shutil.get_terminal_size().columns - 1)
    if format_ == "text":
        _header(setup, profile, seed)
    options = Options(
        profile=Profile(profile),
        seed=seed,
        budget_s=budget,
        jobs=jobs,
        checks=tuple(name.upper() for name in checks),
    )
    result = run(setup, options, progress)
    progress.clear()
    if expectations is not None:
        from pullproof.engine.expect import apply_expectations

        result = apply_expectations(result, expectations)
    names = files.case_names(result)
    if not no_report:
        files.write(report_dir, setup, result, strict=strict, target=target_words(target))
    _show(setup, result, format_, strict=strict, verbose=verbose, names=names,
          report_dir=None if no_report else report_dir)  # fmt: skip
    return result.exit_code(strict=strict)


def _header(setup: Setup, profile: str, seed: int) -> None:
    kind = "no tokens"
    if setup.provider.token_attributes is not None:
        kind = f"service account tokens for {setup.provider.token_attributes.service_account_token_audience!r}"
    click.echo(
        f"pullproof: {setup.provider.name} ({setup.provider.api_version}, {kind}, "
        f"identity {setup.identity.value}) as Kubernetes {setup.version} would run it; "
        f"profile {profile}, seed {seed}",
        err=True,
    )
    if not setup.declared:
        click.echo(
            "  images are guessed from the match patterns; `pullproof init` writes a file "
            "to declare them in, and then more can be checked",
            err=True,
        )


def _show(
    setup: Setup,
    result: RunResult,
    format_: str,
    *,
    strict: bool,
    verbose: bool,
    names: dict[str, str],
    report_dir: Path | None,
) -> None:
    if format_ == "json":
        document = report_document(
            setup, result, strict=strict, cases=names if report_dir is not None else {}
        )
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    if format_ == "junit":
        click.echo(junit_xml(setup, result, strict=strict), nl=False)
        return
    replay: dict[str, str] = {}
    if report_dir is not None:
        replay = {
            name: shlex.join(["pullproof", "replay", str(report_dir / place)])
            for name, place in names.items()
        }
    console = Console(highlight=False, soft_wrap=False)
    print_result(console, setup, result, strict=strict, replay=replay, verbose=verbose)
    if report_dir is not None:
        console.print(
            Text(f"report: {report_dir / 'report.json'}, {report_dir / 'junit.xml'}", style="dim")
        )
