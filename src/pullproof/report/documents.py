"""A run as documents: `report.json`, saved cases and `junit.xml`."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from pullproof import __version__
from pullproof.checks.catalogue import by_id
from pullproof.engine.result import CheckResult, Finding, RunResult, Status
from pullproof.model.scenario import to_json
from pullproof.model.setup import Setup
from pullproof.report.evidence import views
from pullproof.report.mask import mask, printable

REPORT_VERSION = 1


def report_document(
    setup: Setup, result: RunResult, *, strict: bool, cases: Mapping[str, str]
) -> dict[str, Any]:
    """Return `report.json`: equal for equal setup and seed.

    Args:
        cases: Check id to the path of its saved case, relative to the report.
    """
    counts = {status.value: 0 for status in Status}
    for item in result.checks:
        counts[item.status.value] += 1
    return {
        "version": REPORT_VERSION,
        "pullproof": __version__,
        "provider": result.provider,
        "kubernetes": result.kubernetes,
        "profile": result.profile,
        "seed": result.seed,
        "exit_code": result.exit_code(strict=strict),
        "strict": strict,
        "interrupted": result.interrupted,
        "over_budget": result.over_budget,
        "counts": counts,
        "notes": list(result.notes),
        "untrue_expectations": list(result.untrue_expectations),
        "checks": [_check(setup, item, cases) for item in result.checks],
    }


def _check(setup: Setup, item: CheckResult, cases: Mapping[str, str]) -> dict[str, Any]:
    check = by_id(item.check)
    out: dict[str, Any] = {
        "id": check.id,
        "title": check.title,
        "group": check.group,
        "level": item.level.value,
        "rules": list(check.rules),
        "defects": list(check.defects),
        "status": item.status.value,
        "executed": item.executed,
        "judged": item.judged,
        "reason": printable(item.reason),
    }
    if item.expected:
        out["expected"] = item.expected
    if item.finding is not None:
        out["finding"] = finding_document(setup, item.finding, cases.get(item.check, ""))
    return out


def finding_document(setup: Setup, finding: Finding, case: str) -> dict[str, Any]:
    """Return one finding, masked."""
    check = by_id(finding.check)
    return {
        "rule": finding.verdict.rule,
        "step": finding.verdict.step,
        "message": printable(mask(finding.verdict.message, finding.transcript)),
        "consequence": check.consequence,
        "hint": check.hint,
        "key": finding.key,
        "failed": finding.failed_of[0],
        "executions": finding.failed_of[1],
        "label": finding.transcript.scenario.label,
        "steps": [asdict(view) for view in views(setup, finding.transcript)],
        "case": case,
    }


def case_document(setup: Setup, finding: Finding, target: Sequence[str]) -> dict[str, Any]:
    """Return a case that `pullproof replay` can execute again.

    Args:
        target: Command-line words that name the provider under test.
    """
    return {
        "version": REPORT_VERSION,
        "pullproof": __version__,
        "kubernetes": str(setup.version),
        "seed": finding.seed,
        "target": list(target),
        "rule": finding.verdict.rule,
        "message": printable(mask(finding.verdict.message, finding.transcript)),
        # A check that watches may have failed on another check's scenario.
        "scenario": to_json(replace(finding.transcript.scenario, check=finding.check)),
    }


def junit_xml(setup: Setup, result: RunResult, *, strict: bool) -> str:
    """Return the run as JUnit XML: one suite, one test case per check."""
    suite = ET.Element("testsuite", name=f"pullproof {result.provider}")
    seconds = dict(result.timing.per_check_s)
    tally = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for item in result.checks:
        tally["tests"] += 1
        check = by_id(item.check)
        case = ET.SubElement(
            suite,
            "testcase",
            classname=f"pullproof.{check.group.replace(' ', '_')}",
            name=f"{check.id} {check.title}",
            time=f"{seconds.get(item.check, 0.0):.3f}",
        )
        _junit_outcome(setup, item, case, tally, strict=strict)
    for number, text in enumerate(result.untrue_expectations, 1):
        tally["tests"] += 1
        tally["failures"] += 1
        case = ET.SubElement(
            suite, "testcase", classname="pullproof.expectations", name=f"expectation {number}"
        )
        ET.SubElement(case, "failure", type="expectation", message=_xml_safe(text))
    for name, count in tally.items():
        suite.set(name, str(count))
    suite.set("time", f"{result.timing.total_s:.3f}")
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, "unicode") + "\n"


def _junit_outcome(
    setup: Setup, item: CheckResult, case: ET.Element, tally: dict[str, int], *, strict: bool
) -> None:
    counts = item.level.value in ("MUST", "policy") or (strict and item.level.value == "SHOULD")
    if item.expected:
        tally["skipped"] += 1
        ET.SubElement(case, "skipped", message=_xml_safe(f"expected to fail: {item.expected}"))
    elif item.status is Status.FAILED and item.finding is not None:
        text = finding_text(setup, item.finding)
        if counts:
            tally["failures"] += 1
            message = _xml_safe(
                printable(mask(item.finding.verdict.message, item.finding.transcript))
            )
            ET.SubElement(
                case, "failure", type=item.finding.verdict.rule, message=message
            ).text = _xml_safe(text)
        else:
            ET.SubElement(case, "system-out").text = _xml_safe(text)
    elif item.status in (Status.FLAKY, Status.INCONCLUSIVE, Status.ERROR):
        tally["errors"] += 1
        ET.SubElement(case, "error", type=item.status.value, message=_xml_safe(item.reason))
    elif item.status is Status.SKIPPED:
        tally["skipped"] += 1
        ET.SubElement(case, "skipped", message=_xml_safe(item.reason))


def _xml_safe(text: str) -> str:
    """XML 1.0 has no way to write most control characters or lone surrogates."""
    return "".join(c for c in printable(text) if c in "\t\n" or 0x20 <= ord(c) < 0xD800 or 0xE000 <= ord(c) < 0xFFFE or ord(c) > 0xFFFF)  # fmt: skip


def finding_text(setup: Setup, finding: Finding) -> str:
    """Return a finding as plain lines, for places without colours."""
    check = by_id(finding.check)
    lines = [
        f"{check.id} {check.title}",
        f"{finding.verdict.rule}: {printable(mask(finding.verdict.message, finding.transcript))}",
    ]
    for view in views(setup, finding.transcript):
        lines.append(f"[{view.id}] {view.what}")
        for name in ("request", "stdout", "stderr", "ended", "kubelet"):
            value = getattr(view, name)
            if value:
                lines.append(f"  {name}: {value.rstrip()}")
        lines += [f"  {line}" for line in view.seen]
    lines += [f"consequence: {check.consequence}", f"hint: {check.hint}"]
    return "\n".join(lines)
