"""`expect.toml`: failures that are known, with a reason, a symptom and an end.

Strict in every direction: an expected failure that does not happen, shows
another symptom, has expired or names no check is itself a failure. A list of
excuses that nobody has to keep true would be worth nothing (lessons, 7).

    [A03]
    reason = "our framework reads one line; repaired in 2.1"
    symptom = "did not read to the end"
    issue = "https://example.com/issues/12"
    expires = 2027-03-01
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

from pullproof import schemas
from pullproof.engine.result import CheckResult, RunResult, Status
from pullproof.engine.toml_lines import line_of, spell
from pullproof.model.errors import Problem, UserError


@dataclass(frozen=True, slots=True)
class Expectation:
    """One known failure."""

    check: str
    reason: str
    symptom: str
    """Regular expression, searched for in the verdict's message."""
    issue: str = ""
    expires: date | None = None
    """First day on which it no longer counts."""

    def is_expired(self, today: date) -> bool:
        return self.expires is not None and today >= self.expires

    def explains(self, message: str) -> bool:
        """Return whether a verdict with `message` is the known failure."""
        return re.search(self.symptom, message) is not None

    @property
    def excuse(self) -> str:
        return f"expected: {self.reason}" + (f" ({self.issue})" if self.issue else "")


Expectations = Mapping[str, Expectation]


def load_expectations(path: Path, known: Collection[str] | None = None) -> Expectations:
    """Return the expectations in the file at `path`, by check id.

    Args:
        known: Ids of all checks; by default those of the catalogue.

    Raises:
        UserError: unreadable, no TOML, against the schema, a symptom that is
            no regular expression, or an id that no check has. All problems of
            the last three kinds come together.
    """
    document, text = _read(path)
    if known is None:
        from pullproof.checks.catalogue import ALL

        known = [check.id for check in ALL]
    problems = [
        Problem(message, str(path), line_of(text, where), spell(where))
        for where, message in _wrong(document, known)
    ]
    if problems:
        raise UserError(*problems)
    return {name: _expectation(name, entry) for name, entry in document.items()}


def _read(path: Path) -> tuple[dict[str, Any], str]:
    try:
        text = path.read_text("utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise UserError(Problem(f"cannot read it: {error.strerror}", str(path))) from None
    except ValueError as error:  # no UTF-8, or no TOML
        raise UserError(Problem(f"not TOML: {error}", str(path))) from None
    return {name: _plain(value) for name, value in document.items()}, text


def _plain(value: Any) -> Any:
    """Return `value` with TOML dates as text, which is what the schema knows."""
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        return {name: _plain(item) for name, item in items.items()}
    return value.isoformat() if isinstance(value, date) else value


def _wrong(
    document: Mapping[str, Any], known: Collection[str]
) -> Iterator[tuple[Sequence[str | int], str]]:
    from jsonschema import Draft202012Validator

    validator: Any = Draft202012Validator(
        schemas.load("expect"), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    errors = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.path)))
    yield from ((list(error.path), error.message) for error in errors)
    for name in document:
        if name not in known:
            yield [name], f"no such check; there are: {', '.join(known)}"


def _expectation(check: str, entry: Mapping[str, Any]) -> Expectation:
    expires = entry.get("expires")
    return Expectation(
        check=check,
        reason=entry["reason"],
        symptom=entry["symptom"],
        issue=entry.get("issue", ""),
        expires=None if expires is None else date.fromisoformat(expires),
    )


def mismatch(expectation: Expectation, result: CheckResult, today: date) -> str:
    """Return why `expectation` is not true of `result`; empty if it is.

    A check that was not run, or could not tell, says nothing either way.
    """
    name = expectation.check
    if expectation.is_expired(today):
        return f"{name}: the expectation expired on {expectation.expires}: {expectation.reason}"
    if result.status is Status.PASSED:
        return f"{name}: passed, but a failure is expected: remove the entry"
    if result.finding is not None and not expectation.explains(result.finding.verdict.message):
        return f"{name}: failed in another way than expected ({expectation.symptom!r} not found)"
    return ""


def apply_expectations(
    result: RunResult, expectations: Expectations, today: date | None = None
) -> RunResult:
    """Return `result` with known failures excused and untrue entries reported.

    An excused check keeps its status and finding and has `expected` set, so
    that it shows and does not count. `today` is this machine's date if absent.
    """
    day = today or date.today()  # in the zone of whoever reads the file
    untrue: list[str] = []
    checks: list[CheckResult] = []
    for item in result.checks:
        entry = expectations.get(item.check)
        problem = "" if entry is None else mismatch(entry, item, day)
        if problem:
            untrue.append(problem)
        elif entry is not None and item.finding is not None:
            item = replace(item, expected=entry.excuse)
        checks.append(item)
    return replace(
        result,
        checks=tuple(checks),
        untrue_expectations=tuple(untrue),
        notes=(*result.notes, *(f"expect.toml: {problem}" for problem in untrue)),
    )
