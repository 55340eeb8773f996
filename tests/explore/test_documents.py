"""Pages on the model are what the code and the records say, and nothing is unkilled or unseen."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pullproof.cli import cli
from pullproof.explore.documents import findings as expectations
from pullproof.explore.documents import invariants, measured, mutants, track_record
from pullproof.explore.documents.__main__ import main
from pullproof.explore.documents.measure import (
    MutantJob,
    SeekJob,
    SurveyJob,
    must_be_broken,
    unchanged,
)
from pullproof.explore.documents.measured import Measured, digest
from pullproof.explore.documents.properties import POSSIBILITY, all_properties
from pullproof.explore.search import explore
from pullproof.explore.symmetry import symmetries
from pullproof.explore.traces import replay
from pullproof.model.protocol import image_scopes, scopes
from pullproof.model.protocol.build import build
from pullproof.model.protocol.findings import FINDINGS
from pullproof.model.protocol.history import BUGS, ELSEWHERE, Bug
from pullproof.model.protocol.image_promises import PROMISES as IMAGE_PROMISES
from pullproof.model.protocol.mutants import all_mutants
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.promises import PROMISES

ROOT = Path(__file__).resolve().parents[2]
BY_ID = {bug.id: bug for bug in BUGS}


@cache
def record() -> Measured:
    return measured.read(ROOT / measured.PATH)


@cache
def findings() -> dict[str, track_record.Finding]:
    return {each.id: each for each in track_record.read(ROOT / track_record.RECORD)}


PAGES: dict[Path, Callable[[], str]] = {
    invariants.PATH: lambda: invariants.page(record()),
    mutants.PATH: lambda: mutants.page(record()),
    track_record.PATH: lambda: track_record.page(list(findings().values())),
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_what_its_record_gives(path: Path) -> None:
    assert (ROOT / path).read_text("utf-8") == PAGES[path]()


# The record of mutants.


def test_every_mutant_was_measured_as_it_is_now() -> None:
    assert {each.id: digest(each) for each in all_mutants().values()} == {
        each.id: each.digest for each in record().mutants.values()
    }


def test_every_property_was_measured() -> None:
    assert set(record().properties) == set(all_properties())


def test_the_record_is_of_the_configurations_that_there_are() -> None:
    assert list(record().states) == [params.name for params in scopes.SCOPES["ci"]]


@pytest.mark.parametrize(
    "params",
    [scopes.ECHO, scopes.DOCUMENTS, scopes.DURATIONS, image_scopes.ACCOUNTS_ALIKE],
    ids=lambda params: params.name,
)
def test_configurations_have_as_many_states_as_recorded(params: Params) -> None:
    assert explore(build(params), only=frozenset()).states == record().states[params.name]


@pytest.mark.parametrize("params", [scopes.PASS_THROUGH, scopes.SHARED_FLIGHTS])
def test_a_witness_that_names_a_pod_leaves_pods_interchangeable(params: Params) -> None:
    machine = build(params)
    assert any(each.id == "L-01:pod-a/sometimes" for each in machine.properties)
    assert len(symmetries(machine)) == 1


@pytest.mark.parametrize("property_id", [p.id for p in all_properties().values()])
def test_a_property_has_occasion_and_somebody_breaks_it(property_id: str) -> None:
    result = record().properties[property_id]
    assert result.witness is not None, "no situation shows a wrong implementation"
    if all_properties()[property_id].is_promise_only:
        assert result.broken is not None, "the real rules keep it"
    elif all_properties()[property_id].kind == POSSIBILITY:
        assert record().losers(property_id), "no mutant takes it away"
    else:
        assert must_be_broken(property_id)
        assert record().killers(property_id), "no mutant breaks it"


def test_there_are_mutants_enough_and_nearly_all_are_killed() -> None:
    results = list(record().mutants.values())
    held = mutants.judged(results)
    assert len(held) >= 150
    assert sum(bool(each.killed_by) for each in held) / len(held) >= 0.95
    assert all(each.killed_by in each.violated for each in held if each.configuration)
    assert not [m.id for m in results if m.killed_by and all_mutants()[m.id].equivalent]


def test_a_mutant_is_measured_to_be_what_the_record_says() -> None:
    baseline = SurveyJob(scopes.DOCUMENTS).run(None).baseline
    found = MutantJob("B-14/content-logged", (baseline,)).run(None)
    recorded = record().mutants["B-14/content-logged"]
    assert replace(found, states=0) == replace(recorded, states=0)
    assert set(found.violated) == {"I-19", "I-20"}


def test_a_property_that_no_kill_broke_is_sought() -> None:
    baseline = SurveyJob(image_scopes.GATE_OFF).run(None).baseline
    found = SeekJob("K-211a", (baseline,)).run(None)
    assert list(found) == ["image/looks-up=eagerly"]


def test_a_mutant_that_has_changed_is_measured_again() -> None:
    first, *others = record().mutants.values()
    before = replace(record(), mutants={**record().mutants, first.id: replace(first, digest="0")})
    assert set(unchanged(before)) == {each.id for each in others}


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    measured.write(record(), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == (ROOT / measured.PATH).read_text()


# The track record.


def test_the_track_record_is_long_enough_and_leaves_nothing_out() -> None:
    ids = {bug.id.rstrip("abc") for bug in BUGS}
    assert len(ids) >= 25
    assert ids | set(ELSEWHERE) == {f"B-{number:02}" for number in range(1, 35)}
    assert not ids & set(ELSEWHERE)
    assert list(findings()) == [bug.id for bug in BUGS]


@pytest.mark.parametrize(
    "bug_id", ["B-04", "B-06", "B-07", "B-13", "B-17", "B-21a", "B-25", "B-32"]
)
def test_a_bug_is_found_again(bug_id: str) -> None:
    again, before = track_record.find(BY_ID[bug_id]), findings()[bug_id]
    assert replace(again, seconds=before.seconds) == before


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.id)
def test_a_recorded_trace_still_shows_its_bug(bug: Bug) -> None:
    found = findings()[bug.id]
    again = replay(track_record.machine_of(bug), track_record.retraced(bug, found))
    assert again.is_same
    assert found.violates == bug.violates
    assert found.violates in again.violated


@pytest.mark.parametrize("bug", [bug for bug in BUGS if not bug.mutant], ids=lambda bug: bug.id)
def test_a_bug_of_real_rules_is_gone_where_it_was_fixed(bug: Bug) -> None:
    if not bug.fixed_in.startswith("1."):
        assert bug.violates.startswith("P-"), "an open bug breaks no promise"
        return
    fixed = bug.configuration.at(int(bug.fixed_in.partition(".")[2]))
    only = frozenset({bug.violates})
    assert not explore(build(fixed), only=only, limit_states=30_000).violations


def test_a_bug_that_is_not_there_is_not_found() -> None:
    with pytest.raises(track_record.NotFound, match="I-19 holds in documents"):
        track_record.find(replace(BY_ID["B-13"], mutant=""))


# The command line.


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("invariants", invariants.PATH),
        ("mutants", mutants.PATH),
        ("track-record", track_record.PATH),
    ],
)
def test_a_stale_page_is_told(
    command: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs").mkdir()
    for each in (measured.PATH, track_record.RECORD):
        (tmp_path / each).write_bytes((ROOT / each).read_bytes())
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, [command, "--check"]).exit_code == 1
    (tmp_path / path).write_bytes((ROOT / path).read_bytes())
    assert CliRunner().invoke(main, [command, "--check"]).exit_code == 0
    (tmp_path / path).write_text("# Something else\n")
    said = CliRunner().invoke(main, [command, "--check"])
    assert said.exit_code == 1
    assert "out of date" in said.output


# What the pages say of versions and families is what the commands go by.


def explored(*words: str) -> Result:
    return CliRunner().invoke(cli, ["explore", "--jobs", "1", "--config", "echo", *words])


def test_an_older_kubelet_is_not_held_to_what_was_promised_later() -> None:
    older = explored("--kubernetes", "1.33", "--invariant", "I-07")
    assert older.exit_code == 0
    assert "I-07             VIOLATED in 3 steps (echo), promised since 1.34 only" in older.stdout
    assert explored("--kubernetes", "1.33", "--invariant", "I-07", "--promises").exit_code == 1
    assert explored("--invariant", "I-07", "--mutant", "echo-guard=never").exit_code == 1


def test_an_invariant_is_asked_for_in_any_case_and_with_all_its_names() -> None:
    lower = explored("--invariant", "i-07", "--verbose").stdout
    assert "I-07             held in 1 of 1" in lower
    assert "properties: 1 held, 0 violated, 1 witnessed" in lower
    words = ["explore", "--jobs", "1", "--config", "image-short-and-public", "--verbose"]
    both = CliRunner().invoke(cli, [*words, "--invariant", "l-50", "--invariant", "I-30B"]).stdout
    assert "L-50/pod-a" in both
    assert "I-30b" in both


def test_a_rule_names_the_properties_that_are_about_it() -> None:
    said = CliRunner().invoke(cli, ["rules", "I-30"]).output
    assert "pullproof explore --invariant I-30b" in said
    assert "pullproof explore --promises --invariant P-58" in said


class TestFindings:
    def test_the_page_is_what_record_and_texts_give(self) -> None:
        assert (ROOT / expectations.PATH).read_text("utf-8") == expectations.page(
            expectations.read(ROOT / expectations.RECORD)
        )

    def test_each_expectation_that_the_real_rules_break_is_told(self) -> None:
        told = {each.id for each in FINDINGS}
        promised = {row.id for row in (*PROMISES, *IMAGE_PROMISES)}
        assert (
            told == promised == {each.id for each in expectations.read(ROOT / expectations.RECORD)}
        )

    @pytest.mark.parametrize(
        "shown", expectations.read(ROOT / expectations.RECORD), ids=lambda shown: shown.id
    )
    def test_each_trace_still_breaks_it(self, shown: expectations.Shown) -> None:
        trace = expectations.retraced(shown)
        machine = build(expectations.configuration(shown.configuration).at(shown.kubernetes))
        assert shown.id in replay(machine, trace).violated
