"""No rule of the kubelet is forgotten: cited where it is kept, or out of scope with a reason."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from pullproof.explore.documents.invariants import where
from pullproof.explore.documents.properties import all_properties
from pullproof.model.protocol.holds import HOLDS_FROM, family, holds_from, is_promised
from pullproof.model.protocol.scope_notes import ELSEWHERE, OUT_OF_SCOPE
from pullproof.model.versions import NEWEST_MINOR, OLDEST_MINOR

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("model", "schemas", "corpus", "fuzz", "src/pullproof", "tests")
LISTS = ("rules.json", "scope_notes.py", "history.py", "test_coverage.py")
"""What names rules without keeping them."""
LONGEST_RANGE = 10
"""What cites more rules at once cites a chapter, and no rule of it."""
CITED = re.compile(r"\b([KI])-(\d{2,3})([a-z]?)\b(?:\s*(?:…|to)\s*\1-(\d{2,3})\b)?")


def known(*letters: str) -> list[str]:
    rules = json.loads((ROOT / "corpus/rules.json").read_text("utf-8"))
    return [id_ for id_ in rules if id_.startswith(letters)]


def ids_in(text: str) -> Iterator[str]:
    for letter, number, small, last in CITED.findall(text):
        yield f"{letter}-{number}{small}"
        following = range(int(number) + 1, int(last or 0) + 1)
        if len(following) < LONGEST_RANGE:
            yield from (f"{letter}-{each:0{len(number)}}" for each in following)


def cited_in(suffixes: tuple[str, ...]) -> set[str]:
    return {
        id_
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.suffix in suffixes and path.name not in LISTS and path.is_file()
        for id_ in ids_in(path.read_text("utf-8", errors="replace"))
    }


@cache
def cited() -> frozenset[str]:
    return frozenset(cited_in((".py", ".json")))


def is_cited(id_: str) -> bool:
    """Return whether a rule is cited, or the whole that it is a row of (K-034 for K-034a)."""
    return id_ in cited() or id_.rstrip("abcdefghij") in cited()


@pytest.mark.parametrize("id_", known("K-", "I-"))
def test_a_rule_is_cited_or_out_of_scope_with_a_reason(id_: str) -> None:
    assert is_cited(id_) != (id_ in OUT_OF_SCOPE), (
        "cited, and yet noted as out of scope" if is_cited(id_) else "neither cited nor noted"
    )


def test_notes_are_of_rules_that_there_are_and_give_reasons() -> None:
    assert set(OUT_OF_SCOPE) <= set(known("K-", "I-"))
    assert all(len(reason) > 20 for reason in OUT_OF_SCOPE.values())


@pytest.mark.parametrize("id_", known("I-", "S-"))
def test_an_invariant_is_a_property_or_held_elsewhere(id_: str) -> None:
    properties = tuple(all_properties().values())
    assert bool(where(id_, properties)) != (id_ in ELSEWHERE)


def test_what_holds_elsewhere_names_properties_checks_and_tests_that_there_are() -> None:
    from pullproof.checks.catalogue import by_id

    for note in ELSEWHERE.values():
        assert note.why or note.same_as
        assert set(note.same_as) <= set(all_properties())
        for place in note.held_by:
            assert (ROOT / place).is_file() if "/" in place else by_id(place).id == place


def test_the_test_would_notice_a_rule_that_nobody_cites() -> None:
    assert not is_cited("K-" + "998")
    assert set(ids_in("K-040 to K-042, I-03b")) == {"K-040", "K-041", "K-042", "I-03b"}
    assert set(ids_in("K-100 to K-123")) == {"K-100"}


# Since when a property holds.


def test_families_have_no_names_of_configurations() -> None:
    assert [family(id_) for id_ in ("L-50/pod-a/sometimes", "L-01:pod-b", "S-18/pull", "I-25")] == [
        "L-50",
        "L-01",
        "S-18/pull",
        "I-25",
    ]


@pytest.mark.parametrize("id_", HOLDS_FROM)
def test_what_holds_from_a_minor_on_is_a_property_and_was_not_promised_before(id_: str) -> None:
    assert id_ in all_properties()
    since = holds_from(id_)
    assert OLDEST_MINOR < since <= NEWEST_MINOR
    assert not is_promised(id_, since - 1)
    assert is_promised(id_, since)


def test_what_nobody_promised_is_never_promised() -> None:
    assert not is_promised("P-01", NEWEST_MINOR)
    assert is_promised("I-13", OLDEST_MINOR)
