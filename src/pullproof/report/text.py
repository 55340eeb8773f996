"""A run as text for people: one line per group, then a screen per finding."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pullproof.checks.catalogue import by_id
from pullproof.checks.check import GROUPS
from pullproof.engine.result import CheckResult, Finding, RunResult, Status
from pullproof.model.setup import Setup
from pullproof.model.verdict import Level
from pullproof.report.evidence import StepView, views
from pullproof.report.mask import mask, printable

if TYPE_CHECKING:
    from rich.console import RenderableType

_WORDS = {
    Status.PASSED: ("passed", "green"),
    Status.FAILED: ("failed", "bold red"),
    Status.FLAKY: ("flaky", "magenta"),
    Status.INCONCLUSIVE: ("inconclusive", "yellow"),
    Status.SKIPPED: ("skipped", "dim"),
    Status.ERROR: ("our error", "bold magenta"),
}
NOT_SELECTED = "not selected"
_ADVISORY = {Level.SHOULD, Level.ADVICE}


def print_result(
    console: Console,
    setup: Setup,
    result: RunResult,
    *,
    strict: bool,
    replay: Mapping[str, str],
    verbose: bool = False,
) -> None:
    """Print groups, open questions, findings (worst last) and the bottom line.

    Args:
        replay: Check id to the command that executes its case again.
    """
    console.print(_groups(result))
    _print_open(console, result, verbose=verbose)
    excused = {item.check for item in result.checks if item.expected and not verbose}
    findings = [finding for finding in result.findings if finding.check not in excused]
    for finding in sorted(findings, key=_weight):
        _print_finding(console, setup, finding, replay.get(finding.check, ""))
    console.print(_bottom(result, strict=strict))


def _weight(finding: Finding) -> tuple[int, str]:
    order = [Level.ADVICE, Level.SHOULD, Level.POLICY, Level.MUST]
    return order.index(finding.level), finding.check


def _groups(result: RunResult) -> "RenderableType":
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for group in GROUPS:
        items = [item for item in result.checks if by_id(item.check).group == group]
        if all(item.reason == NOT_SELECTED for item in items):
            continue
        line = Text()
        for status, (word, style) in _WORDS.items():
            found = [item for item in items if item.status is status]
            if not found:
                continue
            line.append(", " if line else "")
            line.append(f"{len(found)} {word}", style=style)
            if status not in (Status.PASSED, Status.SKIPPED):
                line.append(" (" + " ".join(_tag(item) for item in found) + ")", style=style)
        table.add_row(Text(group, style="bold"), line)
    return table


def _tag(item: CheckResult) -> str:
    mark = {Level.SHOULD: " SHOULD", Level.ADVICE: " advice", Level.POLICY: " policy"}
    return item.check + (mark.get(item.level, "") if item.status is Status.FAILED else "")


def _print_open(console: Console, result: RunResult, *, verbose: bool) -> None:
    """Say why something was not decided; skips are folded by reason."""
    for item in result.checks:
        if item.status in (Status.INCONCLUSIVE, Status.FLAKY, Status.ERROR):
            word, style = _WORDS[item.status]
            console.print(Text(f"  {item.check} {word}: {printable(item.reason)}", style=style))
    reasons: dict[str, list[str]] = {}
    for item in result.checks:
        if item.status is Status.SKIPPED:
            reasons.setdefault(item.reason, []).append(item.check)
    for reason, ids in reasons.items():
        shown = " ".join(ids) if verbose or len(ids) <= 8 else f"{' '.join(ids[:6])} … ({len(ids)})"
        console.print(Text(f"  skipped {shown}: {printable(reason)}", style="dim"))
    for item in result.checks:
        if item.expected:
            console.print(
                Text(f"  {item.check} fails as expected: {printable(item.expected)}", style="dim")
            )
    for text in result.untrue_expectations:
        console.print(Text(f"  expectation not met: {printable(text)}", style="bold red"))
    for note in result.notes:
        console.print(Text(f"  note: {printable(note)}", style="dim"))


def _print_finding(console: Console, setup: Setup, finding: Finding, replay: str) -> None:
    check = by_id(finding.check)
    advisory = finding.level in _ADVISORY
    flaky = finding.failed_of[0] < finding.failed_of[1]
    colour = "yellow" if advisory else "red"
    word = f"FLAKY {finding.failed_of[0]}/{finding.failed_of[1]}" if flaky else "FAIL"
    title = f" {check.id}  {word}  {finding.level.value}  {finding.verdict.rule}  {check.group} "
    console.print()
    console.rule(Text(title, style=f"bold {colour}"), align="left", style=colour)
    console.print(Text(f"{check.title}"), style="bold")
    message = printable(mask(finding.verdict.message, finding.transcript))
    console.print(Text(message, style=colour))
    label = finding.transcript.scenario.label
    if label:
        console.print(Text(f"case: {printable(label)}", style="dim"))
    for view in views(setup, finding.transcript):
        decided = view.id == finding.verdict.step
        _print_step(
            console, view, decided=decided, brief=bool(finding.verdict.step) and not decided
        )
    console.print(_field("why", check.consequence))
    console.print(_field("mend", check.hint))
    rules = " ".join(dict.fromkeys((*check.rules, *check.defects)))
    console.print(_field("rules", f"{rules}   (pullproof rules {check.id})"))
    if replay:
        console.print(_field("replay", replay))


def _print_step(console: Console, view: StepView, *, decided: bool, brief: bool) -> None:
    mark = ">" if decided else "-"
    console.print(Text(f"{mark} {view.id}: {view.what}", style="bold" if decided else ""))
    # Steps that only lead up to the one that decided are told in a line or two.
    for name in () if brief else ("request", "stdout", "stderr", "ended"):
        value = getattr(view, name)
        if value:
            console.print(_field(name, value.rstrip("\n")))
    if brief and view.ended:
        console.print(_field("ended", view.ended))
    for line in () if brief else view.seen[:12]:
        console.print(_field("", line))
    if not brief and len(view.seen) > 12:
        console.print(_field("", f"… and {len(view.seen) - 12} more"))
    if view.kubelet:
        console.print(_field("kubelet", view.kubelet))


def _field(name: str, value: str) -> "RenderableType":
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=10, style="cyan", justify="right")
    grid.add_column(overflow="fold")
    grid.add_row(name, Text(value))
    return grid


def _bottom(result: RunResult, *, strict: bool) -> Text:
    code = result.exit_code(strict=strict)
    counts = dict.fromkeys(Status, 0)
    for item in result.checks:
        counts[item.status] += 1
    told = ", ".join(f"{counts[s]} {_WORDS[s][0]}" for s in Status if counts[s])
    # Advice counts as failed above but does not decide; the verdict says what does.
    words = {
        0: ("no violation", "bold green"),
        1: ("violation", "bold red"),
        3: ("undecided", "bold yellow"),
        4: ("nothing was checked", "bold yellow"),
        5: ("pullproof itself failed", "bold magenta"),
    }
    word, style = words[code]
    text = Text("\n")
    text.append(word.upper(), style=style)
    text.append(f"  {told}; {result.timing.execs} execs in {result.timing.total_s:.1f} s")
    text.append(f"; Kubernetes {result.kubernetes}, profile {result.profile}, seed {result.seed}")
    if result.interrupted:
        text.append("; interrupted", style="yellow")
    if result.over_budget:
        text.append("; budget used up", style="yellow")
    text.append(f" (exit {code})")
    return text
