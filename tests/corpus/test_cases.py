"""The corpus as data: loader and lint."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pullproof.corpus import lint
from pullproof.corpus.cases import (
    Case,
    CorruptCorpus,
    all_cases,
    cases,
    document,
    groups,
    to_bytes,
)
from pullproof.model.versions import KubeletVersion


def test_the_corpus_is_in_order() -> None:
    assert list(lint.problems()) == []
    assert lint.main(["--check"]) == 0


def test_ids_are_unique_and_begin_with_their_rule() -> None:
    found = all_cases()
    assert len({case.id for case in found}) == len(found)
    assert all(case.id.startswith(f"{case.rule}-") for case in found)


def test_every_case_says_where_it_comes_from() -> None:
    assert all(case.why and case.source for case in all_cases())


def test_the_wire_is_well_covered() -> None:
    wire = [case for group in groups("wire") for case in cases(group)]
    assert len(wire) >= 150
    assert {"K-075", "K-090", "K-091", "K-092", "K-093", "K-094", "K-095", "K-096"} <= {
        case.rule for case in wire
    }


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ("ä", b"\xc3\xa4"),
        ({"base64": "/w=="}, b"\xff"),
        ({"repeat": ["ab", 3]}, b"ababab"),
        ({"concat": ["a", {"repeat": ["b", 2]}, {"concat": [""]}]}, b"abb"),
    ],
)
def test_bytes_are_written_in_four_ways(value: object, data: bytes) -> None:
    assert to_bytes(value) == data


@pytest.mark.parametrize("value", [1, None, {}, {"repeat": ["a"]}, {"hex": "00"}, ["a"]])
def test_other_forms_of_bytes_are_refused(value: object) -> None:
    with pytest.raises(CorruptCorpus, match="no bytes"):
        to_bytes(value)


def test_an_unknown_group_lists_the_known_ones() -> None:
    with pytest.raises(LookupError, match="wire/responses"):
        cases("wire/nothing")


def test_a_case_applies_to_its_versions_only() -> None:
    case = Case("K-094-x", "g", "K-094", "why", "source", {}, {}, since=30, until=33)
    applies = [minor for minor in range(28, 36) if case.applies_to(KubeletVersion(minor))]
    assert applies == [30, 31, 32, 33]


def a_case(**changes: object) -> dict[str, object]:
    return {
        "id": "K-090-x",
        "rule": "K-090",
        "why": "w",
        "source": "s",
        "input": {"a": 1},
        "expect": {"b": 1},
        **changes,
    }


class TestLint:
    """Each rule of the lint is seen to fail on a corpus that breaks it."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        (tmp_path / "area").mkdir()

        def files(_: str) -> Path:
            return tmp_path

        monkeypatch.setattr("pullproof.corpus.cases.files", files)
        document.cache_clear()
        cases.cache_clear()
        yield tmp_path / "area"
        document.cache_clear()
        cases.cache_clear()

    def write(self, folder: Path, *items: dict[str, object], name: str = "one") -> None:
        text = json.dumps({"about": "a", "cases": list(items)})
        (folder / f"{name}.json").write_text(text)

    @pytest.mark.parametrize(
        ("items", "words"),
        [
            ([a_case(rule="K-091")], "does not begin with its rule"),
            ([a_case(id="K-999-x", rule="K-999")], "there is no rule"),
            ([a_case(), a_case(input={"a": 2})], "the id is taken"),
            ([a_case(), a_case(id="K-090-y")], "same input as"),
            ([a_case(since=34, until=33)], "since is later than until"),
            ([a_case(input={"x": {"base64": "?"}})], "area/one: K-090-x"),
            ([a_case(input={"x": {"file": "gone"}})], "area/one: K-090-x"),
            ([a_case(id="X")], "does not match"),
            ([a_case(more=1)], "Additional properties"),
        ],
    )
    def test_a_broken_case_is_named(
        self, folder: Path, items: list[dict[str, object]], words: str
    ) -> None:
        self.write(folder, *items)
        assert any(words in problem for problem in lint.problems())
        assert lint.main(["--check"]) == 1

    def test_a_case_without_a_source_is_named(self, folder: Path) -> None:
        item = a_case()
        del item["source"]
        self.write(folder, item)
        assert any("has a source" in problem for problem in lint.problems())

    def test_a_file_that_is_no_json_is_named(self, folder: Path) -> None:
        (folder / "one.json").write_text("{")
        assert any("area/one" in problem for problem in lint.problems())

    def test_formatting_is_checked_then_mended(self, folder: Path) -> None:
        self.write(folder, a_case())
        assert lint.main(["--check"]) == 1
        assert lint.main([]) == 0
        document.cache_clear()
        assert lint.main(["--check"]) == 0
        assert [case.id for case in cases("area/one")] == ["K-090-x"]

    def test_a_file_beside_the_group_holds_bytes(self, folder: Path) -> None:
        (folder / "seed.bin").write_bytes(b"\xff\x00")
        self.write(folder, a_case(input={"stdout": {"file": "seed.bin"}}))
        assert cases("area/one")[0].input_bytes("stdout") == b"\xff\x00"

    def test_a_case_with_a_member_too_many_is_corrupt(self, folder: Path) -> None:
        self.write(folder, a_case(more=1))
        with pytest.raises(CorruptCorpus, match="K-090-x"):
            cases("area/one")

    def test_an_unknown_argument_is_refused(self) -> None:
        assert lint.main(["--fix"]) == 2
