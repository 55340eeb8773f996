"""Known failures are excused strictly."""

from datetime import date
from pathlib import Path

import pytest

from pullproof.engine.expect import Expectation, apply_expectations, load_expectations
from pullproof.engine.result import CheckResult, Finding, RunResult, Status
from pullproof.model.errors import UserError
from pullproof.model.scenario import Scenario
from pullproof.model.transcript import Transcript
from pullproof.model.verdict import Level, fail

KNOWN = ["A01", "A02", "B01"]
TODAY = date(2027, 1, 15)


def load(tmp_path: Path, text: str) -> dict[str, Expectation]:
    path = tmp_path / "expect.toml"
    path.write_text(text)
    return dict(load_expectations(path, KNOWN))


def result(status: Status, message: str = "it reads one line", check: str = "A01") -> RunResult:
    finding = None
    if status in (Status.FAILED, Status.FLAKY):
        verdict = fail("K-091", message)
        finding = Finding(check, Level.MUST, verdict, Transcript(Scenario(check, ()), ()))
    item = CheckResult(check, status, Level.MUST, executed=1, judged=1, finding=finding)
    passed = CheckResult("B01", Status.PASSED, Level.MUST, executed=1, judged=1)
    return RunResult("fake", 0, "default", "1.34", (item, passed))


ENTRY = {"A01": Expectation("A01", "known", "one line", expires=date(2027, 2, 1))}


def test_a_complete_entry_is_read(tmp_path: Path) -> None:
    text = (
        '[A01]\nreason = "known"\nsymptom = "one li[n]e"\n'
        'issue = "https://example.com/1"\nexpires = 2027-02-01\n'
    )
    assert load(tmp_path, text) == {
        "A01": Expectation(
            "A01", "known", "one li[n]e", "https://example.com/1", date(2027, 2, 1)
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[Z99]\nreason = "r"\nsymptom = "s"\n', "Z99: no such check; there are: A01, A02, B01"),
        ('[A01]\nreason = "r"\n', "'symptom' is a required property"),
        ('[A01]\nreason = "r"\nsymptom = "("\n', "'(' is not a 'regex'"),
        ('[A01]\nreason = "r"\nsymptom = "s"\nexpires = "soon"\n', "'soon' is not a 'date'"),
        ('[A01]\nreason = "r"\nsymptom = "s"\nuntil = 1\n', "'until' was unexpected"),
        ("[A01\n", "not TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, text)
    assert said in str(caught.value)
    assert "expect.toml" in str(caught.value)


def test_a_file_that_is_not_there_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read it"):
        load_expectations(tmp_path / "none.toml", KNOWN)


@pytest.mark.parametrize("status", [Status.FAILED, Status.FLAKY])
def test_the_expected_failure_does_not_count_and_still_shows(status: Status) -> None:
    assert result(status).exit_code() != 0
    applied = apply_expectations(result(status), ENTRY, TODAY)
    assert applied.exit_code() == 0
    assert applied.checks[0].status is status
    assert applied.checks[0].expected == "expected: known"
    assert applied.findings


@pytest.mark.parametrize(
    ("before", "today", "said"),
    [
        (result(Status.PASSED), TODAY, "A01: passed, but a failure is expected"),
        (result(Status.FAILED, "it crashed"), TODAY, "A01: failed in another way"),
        (result(Status.FAILED), date(2027, 2, 1), "A01: the expectation expired on 2027-02-01"),
        (result(Status.SKIPPED), date(2027, 2, 1), "A01: the expectation expired on 2027-02-01"),
    ],
)
def test_an_untrue_entry_fails_the_run(before: RunResult, today: date, said: str) -> None:
    applied = apply_expectations(before, ENTRY, today)
    assert applied.exit_code() == 1
    assert applied.untrue_expectations[0].startswith(said)
    assert applied.notes == tuple(f"expect.toml: {text}" for text in applied.untrue_expectations)


@pytest.mark.parametrize("status", [Status.SKIPPED, Status.INCONCLUSIVE])
def test_a_check_that_could_not_tell_leaves_its_entry_alone(status: Status) -> None:
    assert apply_expectations(result(status), ENTRY, TODAY).untrue_expectations == ()


def test_other_failures_still_count() -> None:
    assert apply_expectations(result(Status.FAILED, check="A02"), ENTRY, TODAY).exit_code() == 1
