"""The zoo's own bookkeeping, without runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from pullproof.engine.options import Options
from pullproof.engine.result import CheckResult, RunResult, Status
from pullproof.fuzz import build, zoo
from pullproof.fuzz.build import Unavailable, ensure_built, ensure_program
from pullproof.fuzz.mutants.index import mutants
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

    @pytest.mark.parametrize("suffix", [".py", ".sh", ".c", ".go"])
    def test_its_setup_runs_its_own_file(
        self, suffix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def ensure(path: Path) -> Path:
            return path.with_suffix(".built")

        monkeypatch.setattr(zoo, "ensure_program", ensure)
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

    def test_each_seed_is_a_run(self, runs: list[RunResult]) -> None:
        runs += [_result(Status.PASSED)] * 3
        assert zoo.try_correct("base-node", seeds=(0, 1, 2)).seeds == (0, 1, 2)
        assert not runs


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
