"""The report directory: report.json, junit.xml and one case per finding.

Files are replaced one by one and only ours are removed, so that a directory
somebody keeps other things in survives.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pullproof.engine.result import RunResult
from pullproof.model.errors import Problem, UserError
from pullproof.model.setup import Setup
from pullproof.report.documents import case_document, junit_xml, report_document


def case_names(result: RunResult) -> dict[str, str]:
    """Return check id to the path of its case inside the report directory."""
    return {finding.check: f"cases/{finding.check}.json" for finding in result.findings}


def prepare(directory: Path) -> None:
    """Make `directory` and be sure that it can be written, before anything runs.

    Raises:
        UserError: it cannot.
    """
    try:
        (directory / "cases").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = Problem(f"cannot make it: {error.strerror}", str(directory), field="--report")
        raise UserError(problem) from None
    if not os.access(directory / "cases", os.W_OK | os.X_OK) or not os.access(directory, os.W_OK):
        raise UserError(Problem("cannot write there", str(directory), field="--report"))


def write(
    directory: Path, setup: Setup, result: RunResult, *, strict: bool, target: Sequence[str]
) -> None:
    """Write everything; older cases of ours are removed first."""
    names = case_names(result)
    for old in (directory / "cases").glob("*.json"):
        old.unlink()
    for finding in result.findings:
        _json(directory / names[finding.check], case_document(setup, finding, target))
    _json(directory / "report.json", report_document(setup, result, strict=strict, cases=names))
    _text(directory / "junit.xml", junit_xml(setup, result, strict=strict))
    _json(directory / "timing.json", timing_document(result))


def timing_document(result: RunResult) -> Mapping[str, Any]:
    """Return what differs between two equal runs."""
    return {
        "total_s": round(result.timing.total_s, 3),
        "execs": result.timing.execs,
        "checks": {name: round(seconds, 3) for name, seconds in result.timing.per_check_s},
    }


def _json(path: Path, document: Mapping[str, Any]) -> None:
    _text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _text(path: Path, text: str) -> None:
    # A reader, or a second Ctrl-C, never sees half a file.
    draft = path.with_name(path.name + ".tmp")
    draft.write_text(text, "utf-8", errors="backslashreplace")
    draft.replace(path)
