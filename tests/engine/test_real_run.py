"""A few runs with everything real: catalogue, session, world and a provider."""

from dataclasses import replace
from pathlib import Path

import pytest

from pullproof.engine.options import Options, Profile
from pullproof.engine.replay import replay
from pullproof.engine.result import RunResult, Status
from pullproof.engine.run import run
from pullproof.engine.settings import load_settings
from tests.engine.real import write_settings

pytestmark = pytest.mark.process
CHECKS = ("A00", "A01", "A03", "B01", "C01", "C02")


def play(folder: Path, fault: str, **changes: object) -> RunResult:
    options = replace(Options(jobs=2, checks=CHECKS), **changes)  # type: ignore[arg-type]
    return run(load_settings(write_settings(folder, fault)), options)


def test_a_correct_provider_passes_smoke_in_seconds(tmp_path: Path) -> None:
    result = play(tmp_path, "", profile=Profile.SMOKE, checks=())
    assert [(item.check, item.reason) for item in result.checks if item.finding] == []
    assert result.exit_code() == 0
    assert sum(item.status is Status.PASSED for item in result.checks) >= 5


def test_a_provider_that_prints_text_before_its_answer_is_refused_by_peek(
    tmp_path: Path,
) -> None:
    result = play(tmp_path, "trailing-text")
    found = {item.check: item for item in result.checks}
    assert found["A00"].status is Status.FAILED
    assert result.exit_code() == 1
    (finding,) = [item for item in result.findings if item.check == "A00"]
    assert finding.verdict.rule == "K-090"
    assert finding.failed_of == (4, 4)
    assert b"Login Succeeded" in finding.transcript.execs[0].stdout


def test_a_finding_can_be_replayed_and_is_fixed_by_the_repair(tmp_path: Path) -> None:
    broken = load_settings(write_settings(tmp_path, "cache-key-type"))
    result = run(broken, Options(jobs=1, checks=("A00",)))
    (finding,) = result.findings
    scenario = finding.transcript.scenario
    assert replay(broken, scenario, finding.seed, 2, check="A00").still_fails
    repaired = load_settings(write_settings(tmp_path))
    assert replay(repaired, scenario, finding.seed, 2, check="A00").fixed


def test_equal_seeds_give_equal_findings(tmp_path: Path) -> None:
    first, second = (play(tmp_path, "crash", jobs=jobs) for jobs in (1, 2))
    assert [replace(i, finding=None) for i in first.checks] == [
        replace(i, finding=None) for i in second.checks
    ]
    assert [(f.key, f.verdict, f.transcript.scenario) for f in first.findings] == [
        (f.key, f.verdict, f.transcript.scenario) for f in second.findings
    ]
