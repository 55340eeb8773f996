"""The zoo's own bookkeeping, without runs."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pullproof.engine.options import Options
from pullproof.engine.result import CheckResult, RunResult, Status
from pullproof.fuzz import build, zoo
from pullproof.fuzz.build import Unavailable, ensure_built, ensure_program
from pullproof.fuzz.mutants.index import SUFFIXES, mutants
from pullproof.fuzz.soak import Soaked
from pullproof.model.errors import PullproofError
from pullproof.model.setup import Setup
from pullproof.model.verdict import Level

MUTANT = next(mutant for mutant in mutants() if mutant.id == "a1-first-line")


def _result(status: Status, level: Level = Level.MUST) -> RunResult:
    return RunResult("p", 3, "default", "1.34", (CheckResult("A01", status, level, 1, 1),))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[RunResult]:
    """Results that runs will give, instead of being run."""
    waiting: list[RunResult] = []

    def run(setup: Setup, options: Options) -> RunResult:
        return waiting.pop(0)

    monkeypatch.setattr(zoo, "run", run)
    return waiting


class TestMutants:
    def test_a_failed_declared_check_is_a_catch(self, runs: list[RunResult]) -> None:
        runs.append(_result(Status.FAILED))
        assert zoo.try_mutant(MUTANT).caught_at == "A01"

    @pytest.mark.parametrize("status", [Status.PASSED, Status.FLAKY, Status.INCONCLUSIVE])
    def test_anything_less_is_none(self, runs: list[RunResult], status: Status) -> None:
        runs.append(_result(status))
        assert zoo.try_mutant(MUTANT).caught_at == ""

    def test_another_checks_failure_is_shown_but_no_catch(self, runs: list[RunResult]) -> None:
        runs.append(_result(Status.FAILED))
        catch = zoo.try_mutant(replace(MUTANT, checks=("B01",)))
        assert catch.caught_at == ""
        assert "but A01" in zoo.mutant_row(catch)[3]

    def test_one_escape_fails_the_zoo(
        self, runs: list[RunResult], capsys: pytest.CaptureFixture[str]
    ) -> None:
        runs.append(_result(Status.PASSED))
        assert zoo.main(["--only", "a1-first-line", "--jobs", "1"]) == 1
        assert "0 of 1 wrong providers caught" in capsys.readouterr().out

    def test_an_escape_of_a_deep_one_does_not(
        self, runs: list[RunResult], capsys: pytest.CaptureFixture[str]
    ) -> None:
        runs.append(_result(Status.PASSED))
        assert zoo.main(["--only", "c4-whole-hours", "--jobs", "1"]) == 0
        assert "0 of 1 deep ones too" in capsys.readouterr().out

    def test_a_run_that_fails_itself_does_even_of_a_deep_one(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def run(setup: Setup, options: Options) -> RunResult:
            raise PullproofError("our fault")

        monkeypatch.setattr(zoo, "run", run)
        assert zoo.main(["--only", "c4-whole-hours", "--jobs", "1"]) == 1

    @pytest.mark.parametrize("suffix", sorted(zoo.INTERPRETERS))
    def test_a_missing_interpreter_is_a_reason_and_no_error(
        self, suffix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def which(name: str) -> None:
            return None

        monkeypatch.setattr(shutil, "which", which)
        mutant = next(item for item in mutants() if item.path.suffix == suffix)
        assert "no `" in zoo.try_mutant(mutant).skipped

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_its_setup_runs_its_own_file(
        self, suffix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def ensure(path: Path) -> Path:
            return path.with_suffix(".built")

        monkeypatch.setattr(zoo, "ensure_program", ensure)
        monkeypatch.setattr(shutil, "which", str)
        mutant = next(item for item in mutants() if item.path.suffix == suffix)
        setup = zoo.setup_of(mutant)
        assert isinstance(setup, Setup)
        words = (*setup.command, *setup.provider.args)
        assert any(Path(word).stem == mutant.path.stem for word in words)
        assert not any("base.py" in word for word in words)


class TestCorrectProviders:
    def test_advice_is_told_and_forgiven(
        self, runs: list[RunResult], capsys: pytest.CaptureFixture[str]
    ) -> None:
        runs.append(_result(Status.FAILED, Level.ADVICE))
        assert zoo.main(["--correct", "--only", "base-node", "--jobs", "1"]) == 0
        assert "A01" in capsys.readouterr().out

    @pytest.mark.parametrize("status", [Status.FAILED, Status.FLAKY, Status.ERROR])
    def test_a_finding_fails_the_zoo(
        self, runs: list[RunResult], status: Status, capsys: pytest.CaptureFixture[str]
    ) -> None:
        runs.append(_result(status))
        assert zoo.main(["--correct", "--only", "base-node", "--jobs", "1"]) == 1
        assert f"A01 {status} (seed 3)" in capsys.readouterr().out

    def test_other_seeds_are_soaked(
        self, runs: list[RunResult], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        soaked: list[object] = []

        def soak(*values: object, **named: object) -> Soaked:
            soaked.extend(values)
            return Soaked(7, 9, 5, ("B02 (seed 2)",), (), 1.0)

        runs.append(_result(Status.PASSED))
        monkeypatch.setattr(zoo, "in_other_process", soak)
        found = zoo.try_correct("base-node", seeds=(0, 1, 2))
        assert (found.seeds, found.scenarios, found.findings) == ((0, 1, 2), 7, ("B02 (seed 2)",))
        assert (0, 1, 2) in soaked


def test_unknown_names_are_answered_with_the_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert zoo.main(["--only", "a1-frist-line"]) == 64
    assert "a1-first-line" in capsys.readouterr().out


def test_a_table_can_be_markdown() -> None:
    shown = zoo.table(("a", "b"), [("1", "2")], markdown=True)
    assert shown == "| a | b |\n| --- | --- |\n| 1 | 2 |"


class TestBuilding:
    @pytest.fixture(autouse=True)
    def elsewhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def test_no_compiler_is_a_reason_and_no_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CC", "/nonexistent/cc")
        found = ensure_built("c-static")
        assert isinstance(found, Unavailable)
        assert "`cc`" in found.reason

    def test_a_broken_source_is_a_reason_and_leaves_nothing(self, tmp_path: Path) -> None:
        source = tmp_path / "broken.c"
        source.write_text("int main(void) { return }\n")
        assert isinstance(ensure_program(source), Unavailable)
        assert not list((tmp_path / "pullproof" / "providers").iterdir())

    @pytest.mark.process
    def test_what_is_built_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        source = tmp_path / "fine.c"
        source.write_text("int main(void) { return 0; }\n")
        first = ensure_program(source)
        if isinstance(first, Unavailable):
            pytest.skip(first.reason)
        monkeypatch.setenv("CC", "/nonexistent/cc")
        assert ensure_program(source) == first

    @pytest.mark.process
    def test_a_changed_base_is_built_again(self, tmp_path: Path) -> None:
        source, base = tmp_path / "wrong.c", tmp_path / "base.h"
        source.write_text('#include "base.h"\nint main(void) { return STATUS; }\n')
        base.write_text("#define STATUS 1\n")
        first = ensure_program(source)
        if isinstance(first, Unavailable):
            pytest.skip(first.reason)
        base.write_text("#define STATUS 2\n")
        assert ensure_program(source) != first

    def test_interpreted_providers_run_where_they_lie(self) -> None:
        assert ensure_built("python-exchange") == build.PROVIDERS / "python-exchange/pullproof.toml"

    def test_an_unknown_provider_is_answered_with_the_known(self) -> None:
        with pytest.raises(LookupError, match="python-exchange"):
            ensure_built("pyton-exchange")


@pytest.mark.process
@pytest.mark.parametrize("name", ["a1-first-line", "c1-no-cache-key-type", "g1-node-instead"])
def test_a_real_run_catches_a_real_mutant(name: str) -> None:
    mutant = next(mutant for mutant in mutants() if mutant.id == name)
    assert zoo.try_mutant(mutant).caught_at == mutant.checks[0]
