"""Runs with real worker processes and a pretended provider."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pullproof.engine.events import CheckFinished, Event, FailureSeen, RunStarted
from pullproof.engine.options import Options, Profile
from pullproof.engine.plan import UnknownChecks
from pullproof.engine.pool import CannotStartWorker
from pullproof.engine.result import CheckResult, RunResult, Status, Timing
from pullproof.engine.run import run
from tests.engine.fakes import BrokenSession, FakeSession, make_setup, source

FAST = Options(jobs=2, canary=False)


def play(name: str, options: Options = FAST) -> RunResult:
    return run(make_setup(), options, catalogue=source(name), session_factory=FakeSession)


def by_id(result: RunResult) -> dict[str, CheckResult]:
    return {item.check: item for item in result.checks}


@pytest.fixture(scope="module")
def plain() -> RunResult:
    return play("plain")


def test_every_check_of_the_catalogue_is_in_the_result_in_order(plain: RunResult) -> None:
    ids = ["A01", "A02", "A03", "A04", "B01", "B02", "B03", "C01", "D01", "H01"]
    assert [item.check for item in plain.checks] == ids


def test_each_check_ends_with_the_status_its_transcripts_give_it(plain: RunResult) -> None:
    statuses = {name: item.status for name, item in by_id(plain).items()}
    assert statuses == {
        "A01": Status.PASSED,
        "A02": Status.FAILED,
        "A03": Status.INCONCLUSIVE,
        "A04": Status.SKIPPED,
        "B01": Status.SKIPPED,
        "B02": Status.SKIPPED,
        "B03": Status.FAILED,
        "C01": Status.PASSED,
        "D01": Status.PASSED,
        "H01": Status.FAILED,
    }


def test_whoever_did_not_judge_says_why(plain: RunResult) -> None:
    reasons = {name: item.reason for name, item in by_id(plain).items() if item.reason}
    assert reasons == {
        "A03": "cannot tell",
        "A04": "nothing to see",
        "B01": "needs owns: policy.owns is not declared",
        "B02": "not for this one",
    }


def test_a_failure_is_executed_three_times_more_before_it_counts(plain: RunResult) -> None:
    assert {item.failed_of for item in plain.findings} == {(4, 4)}


def test_a_watcher_fails_on_the_scenario_of_another_check(plain: RunResult) -> None:
    found = by_id(plain)["H01"].finding
    assert found is not None
    assert found.transcript.scenario.check == "D01"
    assert found.verdict.message == "it said leak"


def test_the_smallest_failing_scenario_is_the_evidence(plain: RunResult) -> None:
    found = by_id(plain)["B03"].finding
    assert found is not None
    assert [item.stdout for item in found.transcript.execs] == [b"bad"]


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_number_of_workers_changes_nothing(plain: RunResult, jobs: int) -> None:
    other = play("plain", replace(FAST, jobs=jobs))
    assert replace(other, timing=Timing()) == replace(plain, timing=Timing())


def test_another_seed_draws_other_scenarios() -> None:
    counts = {
        by_id(play("plain", replace(FAST, seed=seed, checks=("B03",))))["B03"].executed
        for seed in range(6)
    }
    assert len(counts) > 1


def test_a_failure_that_does_not_come_back_is_flaky_with_its_rate() -> None:
    (item,) = play("flaky", replace(FAST, jobs=1)).checks
    assert item.status is Status.FLAKY
    assert item.finding is not None
    failures, executions = item.finding.failed_of
    assert 0 < failures < executions == 4
    assert str(failures) in item.reason


def test_smoke_runs_only_smoke_checks_and_each_once() -> None:
    result = play("plain", replace(FAST, profile=Profile.SMOKE))
    found = by_id(result)
    assert found["A01"].executed == 1
    assert {item.status for name, item in found.items() if name != "A01"} == {Status.SKIPPED}
    assert found["A02"].reason == "not in the smoke profile"


def test_deep_runs_ten_times_the_examples() -> None:
    result = play("good", replace(FAST, profile=Profile.DEEP))
    assert [item.executed for item in result.checks] == [20, 20, 20]


def test_an_unknown_check_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownChecks, match="no such check: Z99; there are: A01, A02, A03"):
        play("good", replace(FAST, checks=("Z99",)))


def test_nothing_judged_is_no_success() -> None:
    assert play("plain", replace(FAST, checks=("A04",))).exit_code() == 4


def test_our_own_breakdowns_are_errors_of_their_check_without_secrets() -> None:
    found = by_id(play("errors"))
    assert {name: item.status for name, item in found.items()} == {
        "A01": Status.ERROR,
        "A02": Status.ERROR,
        "A03": Status.FAILED,
        "H01": Status.ERROR,
    }
    assert found["A01"].reason.startswith("ValueError at fakes.py:")
    assert "KeyError at fakes.py:" in found["A02"].reason
    assert "secret" not in "".join(item.reason for item in found.values())


def test_a_worker_that_is_killed_is_an_error_of_its_check_and_replaced() -> None:
    found = by_id(play("dying", replace(FAST, jobs=1)))
    assert found["A01"].status is Status.ERROR
    assert "signal 9" in found["A01"].reason
    assert found["A02"].status is Status.PASSED
    assert found["A03"].status is Status.FAILED


def test_a_session_that_does_not_open_ends_the_run_with_the_reason() -> None:
    with pytest.raises(CannotStartWorker, match="/no/such/provider"):
        run(make_setup(), FAST, catalogue=source("good"), session_factory=BrokenSession)


def test_events_tell_the_whole_story_once() -> None:
    events: list[Event] = []
    run(make_setup(), FAST, events.append, catalogue=source("plain"), session_factory=FakeSession)
    assert isinstance(events[0], RunStarted)
    assert dict(events[0].skipped).keys() == {"B01", "B02"}
    finished = [event.result.check for event in events if isinstance(event, CheckFinished)]
    assert sorted(finished) == sorted(events[0].planned)
    assert {event.check for event in events if isinstance(event, FailureSeen)} == {
        "A02", "B03", "H01",
    }  # fmt: skip


def test_without_proof_one_failure_is_enough() -> None:
    result = play("plain", replace(FAST, prove=False, shrink=False, checks=("A02",)))
    found: Sequence[CheckResult] = [item for item in result.checks if item.finding]
    assert [(item.check, item.finding.failed_of) for item in found if item.finding] == [
        ("A02", (1, 1))
    ]
