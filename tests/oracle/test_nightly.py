"""The long comparison in pieces: what is done stays done."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pullproof.oracle import nightly
from pullproof.oracle.fidelity import read
from pullproof.oracle.nightly import PURE, STATEFUL, main, shards, tallies_of, work
from pullproof.oracle.search import Tally


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, bool]]:
    """Each run, as (inputs, seed, with corpus); none talks to an oracle."""
    seen: list[tuple[int, int, bool]] = []

    def run(
        minor: int, ops: tuple[str, ...], inputs: int, seed: int, jobs: int, *, corpus: bool = True
    ) -> dict[str, Tally]:
        seen.append((inputs, seed, corpus))
        return {ops[0]: Tally(inputs, inputs // 2, 0)}

    monkeypatch.setattr(nightly, "run", run)
    return seen


def test_the_work_is_all_there_and_no_seed_comes_twice() -> None:
    todo = list(shards(1_000_000, 25_000, 7))
    by_kind = {kind: [one for one in todo if one.kind == kind] for kind in ("pure", "stateful")}
    assert sum(one.inputs for one in by_kind["pure"]) == 1_000_000
    assert sum(one.inputs for one in by_kind["stateful"]) == 25_000
    for pieces in by_kind.values():
        assert len({one.seed for one in pieces}) == len(pieces)
    assert todo[0].ops == PURE
    assert set(PURE).isdisjoint(STATEFUL)


def test_a_shard_that_is_done_is_not_done_again(
    runs: list[tuple[int, int, bool]], tmp_path: Path
) -> None:
    todo = list(shards(500_000, 0, 1))
    first, _ = work(34, todo[:2], tmp_path, 1, None, lambda text: None)
    second, progress = work(34, todo, tmp_path, 1, None, lambda text: None)
    assert len(runs) == len(todo) == len(second)
    assert [corpus for _, _, corpus in runs] == [True, False, False]
    assert progress.inputs == 500_000
    assert sum(tally.inputs for tally in tallies_of(second).values()) == 500_000
    assert len(first) == 2


def test_a_result_of_another_oracle_does_not_count(
    runs: list[tuple[int, int, bool]], tmp_path: Path
) -> None:
    todo = list(shards(10, 0, 1))
    work(34, todo, tmp_path, 1, None, lambda text: None)
    (path,) = tmp_path.glob("*.json")
    document = json.loads(path.read_text()) | {"judged_by": "another"}
    path.write_text(json.dumps(document))
    work(34, todo, tmp_path, 1, None, lambda text: None)
    assert len(runs) == 2


def test_when_the_time_is_up_it_says_what_is_left_out(
    runs: list[tuple[int, int, bool]], tmp_path: Path
) -> None:
    todo = list(shards(600_000, 0, 1))
    _, progress = work(34, todo, tmp_path, 1, -1.0, lambda text: None)
    assert (progress.left_out, runs) == (3, [])


def test_the_command_writes_what_the_page_is_made_from(
    runs: list[tuple[int, int, bool]], tmp_path: Path
) -> None:
    words = ["--minor", "1.34", "--pure", "100", "--stateful", "10", "--store", str(tmp_path / "s")]
    result = CliRunner().invoke(main, [*words, "--record", str(tmp_path / "fidelity.json")])
    assert result.exit_code == 0, result.output
    assert [(one.op, one.inputs) for one in read(tmp_path / "fidelity.json")] == sorted(
        [(PURE[0], 100), (STATEFUL[0], 10)]
    )


def test_without_an_oracle_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLPROOF_CACHE", str(tmp_path))
    words = ["--minor", "1.34", "--pure", "1", "--stateful", "0", "--store", str(tmp_path / "s")]
    for more, code in (((), 2), (("--skip-unavailable",), 0)):
        result = CliRunner().invoke(main, [*words, *more])
        assert result.exit_code == code
        assert result.output.startswith("the oracle did not run: ")
        assert result.output.count("\n") == 1


def test_a_run_that_compares_nothing_is_no_success(tmp_path: Path) -> None:
    words = ["--pure", "0", "--stateful", "0", "--store", str(tmp_path / "s")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 4
    assert result.output.startswith("nothing was compared")
