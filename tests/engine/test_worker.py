"""What one worker does with one job, in this process."""

import pytest

from pullproof.engine.jobs import (
    Assignment,
    Attempt,
    Attempted,
    Broke,
    Explore,
    Explored,
    Finished,
    Shrink,
    Shrunk,
)
from pullproof.engine.worker import Worker
from pullproof.model.scenario import ExecStep, Scenario
from pullproof.model.setup import Setup
from tests.engine.fakes import BAD, BOOM, FakeSession, make_setup, source

opened: list[int] = []


def counting(setup: Setup, seed: int) -> FakeSession:
    opened.append(seed)
    return FakeSession(setup, seed)


@pytest.fixture(autouse=True)
def fresh() -> None:
    opened.clear()


def worker(name: str, watchers: tuple[str, ...] = (), stop_at: float | None = None) -> Worker:
    return Worker(Assignment(make_setup(), 5, watchers, source(name), counting, stop_at))


def test_exploring_stops_at_the_first_failure_and_reports_it_with_evidence() -> None:
    with worker("plain") as one:
        explored, finished = list(one.do(Explore("A02", 5)))
    assert isinstance(explored, Explored)
    assert [name for name, _ in explored.failures] == ["A02"]
    assert explored.failures[0][1].transcript.execs[0].stdout == b"bad"
    assert isinstance(finished, Finished)
    assert finished.execs == 1


def test_each_watchers_first_failure_is_sent_once() -> None:
    with worker("plain", ("H01",)) as one:
        replies = list(one.do(Explore("D01", 3)))
    sent = [[name for name, _ in r.failures] for r in replies if isinstance(r, Explored)]
    assert sent == [["H01"], [], []]


def test_after_the_soft_end_of_the_budget_nothing_is_started() -> None:
    with worker("plain", stop_at=0.0) as one:
        assert [type(reply) for reply in one.do(Explore("A01", 3))] == [Finished]


def test_a_session_that_raised_is_replaced() -> None:
    with worker("errors") as one:
        broke, _ = list(one.do(Explore("A01", 2)))
        assert isinstance(broke, Broke)
        attempted, _ = list(one.do(Attempt("A03", Scenario("A03", (ExecStep("ask", BAD),)))))
    assert isinstance(attempted, Attempted)
    assert attempted.verdict.failed
    assert opened == [5, 5]


def test_shrinking_ends_at_the_simplest_choices_that_fail() -> None:
    with worker("shrinking") as one:
        explored, _ = list(one.do(Explore("E01", 1)))
        assert isinstance(explored, Explored)
        ((_, failure),) = explored.failures
        shrunk, _ = list(one.do(Shrink("E01", failure, "E01", 0, 50, 10.0)))
    assert isinstance(shrunk, Shrunk)
    (step,) = shrunk.failure.scenario.execs
    assert (step.image, step.edits[0].arg) == (BAD, "x")


def test_a_candidate_that_breaks_the_session_is_no_smaller_failure() -> None:
    setup = make_setup(served=(BOOM, BAD + "/longer"))
    start = Scenario("A02", (ExecStep("ask", BAD + "/longer"),))
    one = Worker(Assignment(setup, 0, (), source("plain"), counting, None))
    with one:
        attempted, _ = list(one.do(Attempt("C01", start)))
        assert isinstance(attempted, Attempted)
        attempted, _ = list(one.do(Attempt("A02", start)))
        assert isinstance(attempted, Attempted)
        assert attempted.failure is not None
        # H01 watches: any scenario is admitted, also the image that explodes.
        shrunk, _ = list(one.do(Shrink("A02", attempted.failure, "H01", 0, 50, 10.0)))
    assert isinstance(shrunk, Shrunk)
    assert shrunk.failure.scenario.execs[0].image == BAD + "/longer"
