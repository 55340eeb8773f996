"""The final word on a check depends on what was seen, not on when."""

from itertools import permutations

import pytest

from pullproof.engine.jobs import Attempted, Explored
from pullproof.engine.judging import Failure
from pullproof.engine.ledger import Ledger
from pullproof.engine.options import Options
from pullproof.engine.plan import make_plan
from pullproof.engine.prove import Proof, attempts_for, proof_of
from pullproof.engine.result import Status
from pullproof.model.scenario import ExecStep, Scenario
from pullproof.model.transcript import Transcript
from pullproof.model.verdict import PASS, Verdict, fail, inconclusive, not_applicable
from tests.engine.fakes import GOOD, make_check, make_setup

CHECKS = (make_check("A01"), make_check("A02"), make_check("H01", watches=True))
NO = fail("K-091", "no")


def ledger() -> Ledger:
    return Ledger(make_plan(make_setup(), Options(), CHECKS), 0)


def explored(check: str, example: int, own: Verdict, watcher: Verdict = PASS) -> Explored:
    transcript = Transcript(Scenario(check, (ExecStep(f"{check}-{example}", GOOD),)), ())
    verdicts = ((check, own),) if check == "H01" else ((check, own), ("H01", watcher))
    failures = tuple((name, Failure(v, transcript)) for name, v in verdicts if v.failed)
    return Explored(check, example, verdicts, (), failures)


REPLIES = [
    explored("A01", 1, PASS, NO),
    explored("A02", 0, PASS, NO),
    explored("A01", 0, PASS, NO),
    explored("H01", 0, PASS),
]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_watchers_case_is_the_first_in_catalogue_order(order: tuple[int, ...]) -> None:
    book = ledger()
    for number in order:
        book.note(REPLIES[number])
    case = book.accounts["H01"].candidates[0]
    assert case.failure.scenario.steps[0].id == "A01-0"


def test_a_watchers_own_failure_comes_before_all_others() -> None:
    book = ledger()
    for reply in [*REPLIES, explored("H01", 1, NO)]:
        book.note(reply)
    assert book.accounts["H01"].candidates[0].source == "H01"


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ([PASS, PASS], Status.PASSED),
        ([PASS, not_applicable()], Status.PASSED),
        ([PASS, inconclusive("?")], Status.INCONCLUSIVE),
        ([not_applicable("nothing"), inconclusive("?")], Status.INCONCLUSIVE),
        ([not_applicable("nothing")], Status.SKIPPED),
    ],
)
def test_the_heaviest_outcome_of_its_examples_counts(
    verdicts: list[Verdict], status: Status
) -> None:
    book = ledger()
    for number, verdict in enumerate(verdicts):
        book.note(explored("A01", number, verdict))
    result = book.accounts["A01"].result()
    assert result.status is status
    assert bool(result.reason) == (status is not Status.PASSED)


def test_a_watcher_that_held_elsewhere_passed() -> None:
    book = ledger()
    book.note(explored("A01", 0, PASS, PASS))
    book.note(explored("H01", 0, not_applicable()))
    assert book.accounts["H01"].result().status is Status.PASSED


def test_what_others_could_not_tell_does_not_make_a_watcher_unsure() -> None:
    book = ledger()
    book.note(explored("A01", 0, PASS, inconclusive("?")))
    book.note(explored("H01", 0, PASS))
    assert book.accounts["H01"].result().status is Status.PASSED


@pytest.mark.parametrize(
    ("again", "status"),
    [
        ([NO, NO, NO], Status.FAILED),
        ([NO], Status.FAILED),
        ([NO, PASS, NO], Status.FLAKY),
        ([inconclusive("?")], Status.FLAKY),
        ([], Status.INCONCLUSIVE),
    ],
)
def test_repetitions_decide_what_a_failure_is_worth(again: list[Verdict], status: Status) -> None:
    book = ledger()
    book.note(explored("A01", 0, NO))
    account = book.accounts["A01"]
    account.next_candidate(prove=True)
    for verdict in again:
        account.note_attempt(Attempted("A01", verdict))
    result = account.result(unfinished="budget")
    assert result.status is status
    assert result.finding is not None
    failures = 1 + sum(verdict.failed for verdict in again)
    assert result.finding.failed_of == (failures, 1 + len(again))


def test_a_breakdown_does_not_hide_a_proved_failure() -> None:
    book = ledger()
    book.note(explored("A01", 0, NO))
    account = book.accounts["A01"]
    account.next_candidate(prove=True)
    account.note_attempt(Attempted("A01", NO))
    account.note_error("the worker died while it was made smaller")
    assert account.result().status is Status.FAILED


def test_a_breakdown_before_the_proof_is_an_error() -> None:
    book = ledger()
    book.note(explored("A01", 0, NO))
    account = book.accounts["A01"]
    account.next_candidate(prove=True)
    account.note_error("the worker died")
    assert account.broken_proof
    assert account.result().status is Status.ERROR


def test_races_are_proved_with_more_attempts() -> None:
    assert attempts_for(make_check("I06", flaky_by_nature=True)) == 5
    assert attempts_for(make_check("A01")) == 3


def test_a_proof_is_complete_after_all_wanted_repetitions() -> None:
    assert not proof_of(3, [NO, NO]).complete
    assert proof_of(3, [NO, NO, NO]).complete
    assert Proof(0).complete
