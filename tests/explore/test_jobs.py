"""Work spread over processes: same results, in order, and clean ends."""

import pytest

from pullproof.explore import Exploration, Options, Status
from pullproof.explore.compare import as_markdown, as_text, compared
from pullproof.explore.jobs import ExploreJob, WorkerFailed, run_jobs, with_share
from pullproof.explore.matrix import BaselineJob, MatrixJob, matrix_of
from pullproof.explore.matrix import as_text as matrix_text
from pullproof.explore.scope import scope_result
from tests.explore import builders


def explored(workers: int) -> list[Exploration]:
    jobs = [ExploreJob(horizon, builder=builders.CACHE) for horizon in (4, 1, 3, 2)]
    return [each for each in run_jobs(jobs, workers) if each is not None]


@pytest.mark.process
def test_two_workers_give_what_one_gives_in_the_same_order() -> None:
    one, two = explored(1), explored(2)
    key = [(e.parameters["horizon"], e.states, e.transitions) for e in one]
    assert [horizon for horizon, _, _ in key] == ["4", "1", "3", "2"]
    assert key == [(e.parameters["horizon"], e.states, e.transitions) for e in two]
    assert [e.properties for e in one] == [e.properties for e in two]


@pytest.mark.process
def test_a_job_that_raises_is_named() -> None:
    jobs = [ExploreJob(1, builder=builders.CACHE), ExploreJob(7, builder=builders.FAILS)]
    with pytest.raises(WorkerFailed, match="job 1: ValueError: no machine 7"):
        run_jobs(jobs, 2)


@pytest.mark.process
def test_a_worker_that_dies_is_no_silent_gap() -> None:
    jobs = [ExploreJob(1, builder=builders.CACHE), ExploreJob(1, builder=builders.DIES)]
    with pytest.raises(WorkerFailed, match="worker of job 1 ended"):
        run_jobs(jobs, 2)


def test_an_interrupt_leaves_out_what_has_not_begun() -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    jobs = [ExploreJob(horizon, builder=builders.CACHE) for horizon in (4, 4)]
    result = scope_result(run_jobs(jobs, 1, interrupt))
    assert (len(result.explorations), result.left_out) == (1, 1)
    assert not result.is_complete


def test_workers_share_the_memory() -> None:
    assert with_share(Options(memory_bytes=100), 4).memory_bytes == 25
    assert with_share(Options(), 4).memory_bytes is None


def test_a_scope_keeps_what_all_keep_and_has_occasion_if_one_has() -> None:
    jobs = [
        ExploreJob(horizon, mutant, builder=builders.CACHE)
        for horizon, mutant in ((0, "deaf"), (4, ""), (4, "late"))
    ]
    by_id = {p.id: p for p in scope_result(run_jobs(jobs, 1)).properties}
    assert by_id["C-1"].status is Status.VIOLATED
    assert by_id["C-2"].status is Status.WITNESSED
    assert by_id["P-1"].is_promise_only
    result = scope_result(run_jobs(jobs[:1], 1))
    assert [each.id for each in result.unwitnessed(promises=False)] == ["C-2"]
    assert result.failures(promises=True) == ()


def test_promises_fail_on_request_only() -> None:
    result = scope_result(run_jobs([ExploreJob(4, builder=builders.CACHE)], 1))
    assert result.failures(promises=False) == ()
    assert [each.id for each in result.failures(promises=True)] == ["P-1"]


def test_a_comparison_tells_kept_from_broken() -> None:
    jobs = [ExploreJob(4, mutant, builder=builders.CACHE) for mutant in ("", "late")]
    table = compared([each for each in run_jobs(jobs, 1) if each is not None])
    cells = {id_: row for id_, _, row in table.rows}
    assert cells["C-1"] == ("kept", "broken (4)")
    assert "C-2" not in cells
    assert "| C-1: nothing is served after its expiry | kept | **broken (4)** |" in as_markdown(
        table
    )
    assert as_text(table).splitlines()[2].split()[:4] == ["C-1", "kept", "broken", "(4)"]


@pytest.mark.process
def test_the_matrix_says_who_catches_whom() -> None:
    real = run_jobs([BaselineJob(h, watched=builders.WATCHED) for h in (4, 1)], 1)
    baselines = tuple(each for each in real if each is not None)
    jobs = [
        MatrixJob(id_, "K-106", f"{id_} is wrong", baselines, fields=frozenset(fields),
                  equivalent=reason, builder=builders.CACHE)
        for id_, fields, reason in (
            ("late", ["expiry"], ""), ("deaf", ["looks"], ""), ("same", ["looks"], ""),
            ("alike", ["looks"], "it is the same"), ("nowhere", ["else"], ""),
        )
    ]  # fmt: skip
    matrix = matrix_of(run_jobs(jobs, 2))
    late, deaf, same, alike, nowhere = matrix.kills
    assert (late.killed_by, late.length) == ("C-1", 4)
    assert (deaf.killed_by, deaf.length) == ("C-2", None)
    assert [each.killed_by for each in (same, alike, nowhere)] == ["", "", ""]
    assert nowhere.states == 0
    assert [each.mutant for each in matrix.survivors] == ["same", "nowhere"]
    assert matrix.ratio == 2 / 4
    assert matrix.median_length == 4
    text = matrix_text(matrix)
    assert "killed 2 of 4 (50.0%)" in text
    assert "equivalent: it is the same" in text
    assert "survivor: same (K-106): same is wrong" in text
