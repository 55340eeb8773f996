"""Corpora can be merged any number of times and made small without loss."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pullproof.cli import cli
from pullproof.fuzzing.store import Saved, Store, merge, minimal, scenario_id
from pullproof.model.scenario import ExecStep, Scenario


def scenario(name: str, label: str = "") -> Scenario:
    return Scenario("A00", (ExecStep("s", f"registry.example/{name}"),), label=label)


def saved(name: str, *features: int) -> Saved:
    item = scenario(name)
    return Saved(scenario_id(item), item, frozenset(features), 0.1, "novelty", "tour")


def files(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): path.read_text()
        for path in sorted(directory.rglob("*.json"))
    }


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.add(saved("a", 1, 2))
    assert not store.add(saved("a", 1, 2))
    assert list(Store(tmp_path).scenarios()) == [saved("a", 1, 2)]


def test_a_name_says_what_is_done_and_not_what_it_is_called() -> None:
    assert scenario_id(scenario("a", "x")) == scenario_id(scenario("a", "y"))
    assert scenario_id(scenario("a")) != scenario_id(scenario("b"))


def test_half_a_file_is_passed_over(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.add(saved("a", 1))
    (tmp_path / "queue" / "broken.json").write_text('{"version": 1')
    (tmp_path / "queue" / "other.json").write_text("[]")
    assert [item.id for item in store.scenarios()] == [saved("a").id]


def test_merging_is_idempotent_and_knows_no_order(tmp_path: Path) -> None:
    for name, members in (("one", "ab"), ("two", "bc")):
        store = Store(tmp_path / name)
        for member in members:
            store.add(saved(member, ord(member)))
        store.save_case("findings", f"{name}-finding", {"n": name})
    sources = [tmp_path / "one", tmp_path / "two"]
    assert merge(tmp_path / "all", sources) == 5
    once = files(tmp_path / "all")
    assert merge(tmp_path / "all", sources) == 0
    assert merge(tmp_path / "all", [tmp_path / "all"]) == 0
    assert files(tmp_path / "all") == once
    merge(tmp_path / "other", reversed(sources))
    assert files(tmp_path / "other") == once


@given(st.lists(st.frozensets(st.integers(0, 12)), max_size=12))
def test_a_minimal_set_shows_all_and_nothing_in_it_is_idle(groups: list[frozenset[int]]) -> None:
    items = [saved(f"n{number}", *group) for number, group in enumerate(groups)]
    kept = [item for item in items if item.id in minimal(items)]
    everything = frozenset[int]().union(*groups)
    assert frozenset[int]().union(*(item.features for item in kept)) == everything
    assert all(item.features for item in kept)


def test_the_commands_do_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "one")
    store.add(saved("a", 1, 2, 3))
    store.add(saved("b", 1, 2))
    run = CliRunner().invoke(cli, ["corpus", "merge", str(tmp_path / "all"), str(tmp_path / "one")])
    assert run.exit_code == 0, run.output
    run = CliRunner().invoke(cli, ["corpus", "minimise", str(tmp_path / "all")])
    assert "1 of 2" in run.output
    run = CliRunner().invoke(cli, ["corpus", "stats", str(tmp_path / "all")])
    assert "novelty     3" in run.output
    assert "from tour" in run.output


@pytest.mark.parametrize("words", [["merge", "x"], ["stats", "nowhere"], ["minimise", "nowhere"]])
def test_what_cannot_be_done_is_said(words: list[str], tmp_path: Path) -> None:
    run = CliRunner().invoke(cli, ["corpus", words[0], *(str(tmp_path / w) for w in words[1:])])
    assert run.exit_code != 0


def test_a_seed_makes_other_mutations_each_time(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert [store.generation(7, "0/1") for _ in range(3)] == [0, 1, 2]
    assert store.generation(8, "0/1") == 0
    assert json.loads((tmp_path / "state.json").read_text()) == {"7/0/1": 3, "8/0/1": 1}
