"""Canary, fingerprint, replay and the masking of our own errors."""

from dataclasses import replace
from functools import partial

import pytest

from pullproof.engine.canary import CanaryFailed, prove_canary
from pullproof.engine.fingerprint import deviations, fingerprint
from pullproof.engine.judging import BrokenJudge, describe
from pullproof.engine.options import Options
from pullproof.engine.plan import UnknownChecks
from pullproof.engine.replay import replay
from pullproof.engine.run import run
from pullproof.model.errors import PullproofError
from pullproof.model.scenario import Edit, EditKind, ExecStep, PullStep, Scenario, Stdin, TokenKind
from pullproof.model.setup import Setup
from pullproof.model.transcript import Transcript
from pullproof.model.verdict import Level, Verdict, fail
from tests.engine.fakes import (
    BAD,
    FLAKY,
    GOOD,
    SETS,
    FakeSession,
    make_check,
    make_setup,
    source,
)  # fmt: skip

SETUP = make_setup()


def says_nothing_good(_: object, setup: Setup, transcript: Transcript) -> Verdict:
    return fail("K-090", "whatever it is, it is bad")


class TestCanary:
    def test_judges_that_never_fail_stop_the_run(self) -> None:
        with pytest.raises(CanaryFailed, match="cannot be trusted"):
            run(SETUP, Options(), catalogue=source("good"), session_factory=FakeSession)

    def test_a_judge_that_sees_only_one_kind_of_badness_is_not_enough(self) -> None:
        with pytest.raises(CanaryFailed) as caught:
            prove_canary(SETUP, SETS["canary"])
        assert "says nothing and succeeds (D-C2)" not in caught.value.names

    def test_advice_alone_proves_nothing(self) -> None:
        advice = [replace(check, level=Level.ADVICE) for check in SETS["canary"]]
        prove_canary(SETUP, advice)  # nothing counts, so nothing is claimed

    def test_the_real_catalogue_sees_every_known_bad_provider(self) -> None:
        from pullproof.checks.catalogue import ALL

        prove_canary(SETUP, ALL)


class TestFingerprint:
    SCENARIO = Scenario(
        "A03",
        (
            ExecStep("a", GOOD, edits=(Edit(EditKind.APPEND, arg="{}"),), stdin=Stdin.CHUNKED),
            ExecStep("b", GOOD, token=TokenKind.EXPIRED),
        ),
    )

    def test_images_ids_and_bytes_do_not_change_it(self) -> None:
        first, second = self.SCENARIO.execs
        other = replace(
            self.SCENARIO,
            steps=(
                replace(first, id="x", edits=(Edit(EditKind.APPEND, arg="null"),)),
                replace(second, image=BAD),
            ),
        )
        assert fingerprint("A03", "K-075", other) == fingerprint("A03", "K-075", self.SCENARIO)

    def test_another_way_to_provoke_it_is_another_finding(self) -> None:
        other = replace(self.SCENARIO, steps=self.SCENARIO.steps[:1])
        assert fingerprint("A03", "K-075", other) != fingerprint("A03", "K-075", self.SCENARIO)

    def test_check_and_rule_can_be_read_in_it(self) -> None:
        assert fingerprint("A03", "K-075", self.SCENARIO).startswith("A03-K-075-")

    def test_deviations_are_named_in_order(self) -> None:
        steps = (*self.SCENARIO.steps, PullStep("p", GOOD, "a", cached=True))
        assert deviations(replace(self.SCENARIO, steps=steps)) == (
            "edit append", "pull-from-cache", "stdin chunked", "token expired",
        )  # fmt: skip


class TestReplay:
    @staticmethod
    def play(image: str, check: str | None = None) -> tuple[bool, bool, bool]:
        result = replay(
            SETUP, Scenario("A02", (ExecStep("ask", image),)), 0, check=check,
            catalogue=source("plain"), session_factory=FakeSession,
        )  # fmt: skip
        assert len(result.verdicts) == 3
        return result.fixed, result.still_fails, result.flaky

    def test_a_mended_provider_is_fixed(self) -> None:
        assert self.play(GOOD) == (True, False, False)

    def test_a_broken_one_still_fails(self) -> None:
        assert self.play(BAD) == (False, True, False)

    def test_a_watcher_may_be_asked_about_another_checks_scenario(self) -> None:
        assert self.play("leak.example/a", "H01") == (False, True, False)

    def test_a_failure_that_went_away_is_flaky_and_its_transcript_is_shown(self) -> None:
        result = replay(
            SETUP, Scenario("A01", (ExecStep("ask", FLAKY),)), 0,
            catalogue=source("flaky"), session_factory=FakeSession,
        )  # fmt: skip
        assert result.flaky
        assert result.verdict.failed
        assert result.transcript.execs[0].stdout == b"flaky"

    def test_an_unknown_check_is_refused(self) -> None:
        with pytest.raises(UnknownChecks):
            self.play(GOOD, "Z01")

    def test_a_broken_judge_is_our_error(self) -> None:
        with pytest.raises(BrokenJudge, match=r"KeyError at fakes\.py"):
            replay(
                SETUP, Scenario("A02", ()), 0,
                catalogue=source("errors"), session_factory=FakeSession,
            )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (KeyError("hunter2"), "KeyError"),
        (ValueError("hunter2"), "ValueError"),
        (PullproofError("cannot start it"), "PullproofError: cannot start it"),
        (FileNotFoundError(2, "No such file", "/x"), "FileNotFoundError: [Errno 2] No such file: '/x'"),
    ],
)  # fmt: skip
def test_only_our_own_and_system_errors_are_quoted(error: Exception, text: str) -> None:
    assert describe(error) == text


def test_a_check_that_cannot_apply_takes_no_part_in_the_canary() -> None:
    def never(setup: Setup) -> str:
        return "no"

    able = make_check("A02", judge=partial(says_nothing_good, ()))
    prove_canary(SETUP, [able])
    with pytest.raises(CanaryFailed):
        prove_canary(SETUP, [make_check("A01"), replace(able, applies=never)])
