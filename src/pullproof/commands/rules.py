"""`pullproof rules`: explain a check, a rule or a defect class."""

import json
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pullproof.checks.catalogue import ALL
from pullproof.checks.check import GROUPS, Check
from pullproof.corpus.rules import Rule, all_rules, rule
from pullproof.explore.documents.properties import Described, all_properties
from pullproof.model.errors import Problem, UserError


def rules_command(id_: str | None, format_: str) -> int:
    """Print one explanation, or the list of checks; return the exit code."""
    console = Console(highlight=False)
    if id_ is None:
        if format_ == "json":
            print(json.dumps([_check_json(check) for check in ALL], indent=2, ensure_ascii=False))
        else:
            _list(console)
        return 0
    wanted = id_.upper()
    for check in ALL:
        if check.id.upper() == wanted:
            if format_ == "json":
                print(json.dumps(_check_json(check), indent=2, ensure_ascii=False))
            else:
                _explain_check(console, check)
            return 0
    found = _find_rule(id_)
    if format_ == "json":
        row = asdict(found) | {
            "checks": [check.id for check in _citing(found)],
            "properties": [each.id for each in _properties(found)],
        }
        print(json.dumps(row, indent=2, ensure_ascii=False))
    else:
        _explain_rule(console, found)
    return 0


def _find_rule(id_: str) -> Rule:
    # Some rules end in a small letter (K-034a), so try as written first.
    for spelling in (id_, id_.upper(), id_[:-1].upper() + id_[-1:]):
        if spelling in all_rules():
            return rule(spelling)
    try:
        return rule(id_)
    except LookupError as error:
        raise UserError(Problem(f"{error} (checks: pullproof rules)", field="ID")) from None


def _citing(found: Rule) -> list[Check]:
    base = found.id.rstrip("abcdefghij") if found.id.startswith("K-") else found.id
    return [check for check in ALL if {found.id, base} & {*check.rules, *check.defects}]


def _properties(found: Rule) -> list[Described]:
    return [each for each in all_properties().values() if each.is_about(found.id)]


def _list(console: Console) -> None:
    for group in GROUPS:
        checks = [check for check in ALL if check.group == group]
        if not checks:
            continue
        console.print(Text(f"\n{group}", style="bold"))
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
        for check in checks:
            cited = " ".join((*check.rules[:2], *check.defects[:1]))
            table.add_row(f"  {check.id}", check.level.value, check.title, Text(cited, style="dim"))
        console.print(table)
    console.print(
        f"\n{len(ALL)} checks, {len(all_rules())} rules; explain one: pullproof rules K-093"
    )


def _explain_check(console: Console, check: Check) -> None:
    console.print(Text(f"{check.id}  {check.title}", style="bold"))
    rows = (
        ("level", check.level.value),
        ("group", check.group),
        ("why", check.consequence),
        ("mend", check.hint),
        ("needs", ", ".join(sorted(feature.value for feature in check.needs)) or "nothing special"),
        ("profiles", "smoke, default, deep" if check.smoke else "default, deep"),
    )
    table = Table.grid(padding=(0, 1))
    table.add_column(width=10, style="cyan", justify="right")
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, Text(value))
    known = all_rules()
    for cited in (*check.rules, *check.defects):
        summary = known[cited].summary if cited in known else ""
        table.add_row(cited, Text(summary))
    console.print(table)


def _explain_rule(console: Console, found: Rule) -> None:
    console.print(Text(f"{found.id}  {found.kind}", style="bold"))
    console.print(Text(found.summary))
    since = f", since Kubernetes {found.since}" if found.since else ""
    severity = f", severity {found.severity}" if found.severity else ""
    console.print(Text(f"source: {found.source} ({found.evidence}{since}{severity})", style="dim"))
    citing = _citing(found)
    if not citing:
        console.print(Text("no check cites it", style="dim"))
    for check in citing:
        console.print(Text(f"  checked by {check.id} ({check.level.value}): {check.title}"))
    for each in _properties(found):
        way = "--promises --invariant" if each.is_promise_only else "--invariant"
        console.print(Text(f"  property {each.id} of the model: {each.prose}"))
        console.print(Text(f"    pullproof explore {way} {each.id}", style="dim"))


def _check_json(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "title": check.title,
        "group": check.group,
        "level": check.level.value,
        "rules": list(check.rules),
        "defects": list(check.defects),
        "needs": sorted(feature.value for feature in check.needs),
        "consequence": check.consequence,
        "hint": check.hint,
    }
