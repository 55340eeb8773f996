"""The scoreboard's arithmetic, and what its plain contestants can see."""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from pullproof.fuzz.build import Unavailable
from pullproof.fuzz.mutants.index import mutants
from pullproof.fuzz.zoo import correct_setup

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    return importlib.import_module("scoreboard")


def _trial(board: ModuleType, name: str, mutant: str, seconds: float, execs: int = 1) -> Any:
    """A kill, or an escape if `seconds` is negative."""
    return board.Trial(mutant, name, seconds >= 0, abs(seconds), execs)


class TestTable:
    def test_times_are_those_of_kills_only(self, board: ModuleType) -> None:
        trials = [_trial(board, "check", f"m{n}", s) for n, s in enumerate((1.0, 2.0, 9.0, -60.0))]
        assert board.rows(trials) == [("check", "3", "4", "75.0 %", "2.00 s", "9.00 s", "1")]

    def test_who_kills_most_comes_first(self, board: ModuleType) -> None:
        trials = [_trial(board, "schema", "m", -1.0), _trial(board, "fuzz", "m", 1.0)]
        assert [row[0] for row in board.rows(trials)] == ["fuzz", "schema"]

    def test_what_was_not_tried_does_not_count(self, board: ModuleType) -> None:
        trials = [board.Trial("m", "check", skipped="no `node` here")]
        assert board.rows(trials)[0][2:4] == ("0", "-")

    def test_guidance_is_told_of_those_that_both_tried(self, board: ModuleType) -> None:
        trials = [
            _trial(board, "fuzz", "a", 1.0, 10),
            _trial(board, "blind fuzz", "a", -60.0, 90),
            _trial(board, "fuzz", "b", 1.0, 5),
        ]
        assert "10 executions and the blind one 90: 9.0 times" in board.guidance(trials)

    def test_without_the_blind_one_nothing_is_told(self, board: ModuleType) -> None:
        assert board.guidance([_trial(board, "fuzz", "a", 1.0)]) == ""


class TestPlot:
    def test_it_is_xml_with_a_line_for_each_contestant(self, board: ModuleType) -> None:
        trials = [_trial(board, name, "m", 0.5) for name in ("check", "fuzz")]
        root = ElementTree.fromstring(board.svg(trials, 10.0))
        space = "{http://www.w3.org/2000/svg}"
        assert len(root.findall(f"{space}polyline")) == 2

    def test_an_earlier_kill_is_further_left(self, board: ModuleType) -> None:
        def first_step(seconds: float) -> float:
            text = board.svg([_trial(board, "check", "m", seconds)], 10.0)
            points = text.partition('points="')[2].partition('"')[0].split()
            return float(points[1].partition(",")[0])

        assert first_step(0.1) < first_step(1.0)


class TestSaving:
    def test_saved_trials_are_not_done_again(
        self, board: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done: list[tuple[object, ...]] = []

        def in_other_process(work: object, name: str, mutant: Any, *rest: object) -> Any:
            done.append((name, mutant.id))
            return _trial(board, name, mutant.id, 0.5)

        monkeypatch.setattr(board, "in_other_process", in_other_process)
        file = tmp_path / "trials.json"
        words = ["--mutants", "a1-first-line", "--only", "schema", "--json", str(file)]
        board.main(words)
        board.main([*words, "--svg", str(tmp_path / "plot.svg")])
        board.main(["--show", "--json", str(file)])
        assert done == [("schema", "a1-first-line")]
        assert json.loads(file.read_text())["trials"][0]["killed"] is True
        assert (tmp_path / "plot.svg").exists()

    def test_a_sample_is_the_same_for_a_seed(self, board: ModuleType) -> None:
        options = board._parser().parse_args(["--sample", "5", "--deep"])
        sample = board.chosen(options)
        assert sample == board.chosen(options)
        assert len(sample) == 5
        assert all(mutant.deep for mutant in sample)


@pytest.mark.process
@pytest.mark.parametrize(
    ("contestant", "mutant", "seen"),
    [
        ("schema", "c7-text-after", "stdout is no JSON"),
        ("schema", "a2-sh-read", ""),
        ("random bytes", "a7-fixed-buffer", ""),
        ("hypothesis", "i1-c-name-of-128", "signal"),
    ],
)
def test_a_plain_contestant_sees_what_anybody_sees(
    board: ModuleType, contestant: str, mutant: str, seen: str
) -> None:
    found = next(item for item in mutants() if item.id == mutant)
    trial = board.try_one(contestant, found, 20.0 if seen else 0.3, 0)
    if trial.skipped:
        pytest.skip(trial.skipped)
    assert trial.killed == bool(seen)
    assert seen in trial.how


@pytest.mark.process
@pytest.mark.parametrize("name", ["c-static", "v1alpha1-plain", "v1beta1-plain"])
def test_plain_contestants_fail_no_correct_provider(board: ModuleType, name: str) -> None:
    setup = correct_setup(name)
    if isinstance(setup, Unavailable):
        pytest.skip(setup.reason)
    contestants = importlib.import_module("contestants")
    assert contestants.wronged(setup, seconds=0.5) == {}
