"""The catalogue is complete, ordered and says everything a report needs."""

import re

import pytest

from pullproof.checks import catalogue
from pullproof.checks.check import GROUPS, Check
from pullproof.corpus.rules import all_rules
from pullproof.model.setup import Feature
from pullproof.model.verdict import Level

each_check = pytest.mark.parametrize("check", catalogue.ALL, ids=lambda check: check.id)


def test_ids_are_unique_and_in_order() -> None:
    ids = [check.id for check in catalogue.ALL]
    assert ids == sorted(set(ids))


def test_every_class_of_defects_has_checks() -> None:
    assert {check.id[0] for check in catalogue.ALL} >= set("ABCDEFGHIJ")
    assert sum(check.id[0] in "ABCDE" for check in catalogue.ALL) >= 32


def test_every_wire_class_of_defects_is_caught_by_some_check() -> None:
    """Class K of defects.md is about documentation, which no exec shows."""
    wanted = {id for id in all_rules() if re.fullmatch(r"D-[A-E]\d+", id)}
    caught = {defect for check in catalogue.ALL for defect in check.defects}
    assert wanted <= caught


@each_check
def test_ids_are_a_letter_and_two_digits(check: Check) -> None:
    assert re.fullmatch(r"[A-K]\d\d", check.id)


@each_check
def test_groups_are_known(check: Check) -> None:
    assert check.group in GROUPS


@each_check
def test_rules_and_defects_are_in_the_rule_catalogue(check: Check) -> None:
    assert check.rules
    assert check.defects
    assert set(check.rules) | set(check.defects) <= set(all_rules())
    assert all(defect.startswith("D-") for defect in check.defects)


@each_check
def test_says_what_it_means_in_sentences(check: Check) -> None:
    assert check.title
    assert not check.title.endswith(".")
    for text in (check.consequence, check.hint):
        assert text.endswith(".")
        assert len(text) > 20


@each_check
def test_asks_only_for_known_features(check: Check) -> None:
    assert check.needs <= set(Feature)
    assert check.examples >= 1


def test_the_smoke_profile_asks_the_first_questions() -> None:
    smoke = {check.id for check in catalogue.ALL if check.smoke}
    assert "A00" in smoke
    assert any(catalogue.by_id(id).level is Level.MUST for id in smoke)


def test_by_id_finds_each_check() -> None:
    assert [catalogue.by_id(check.id) for check in catalogue.ALL] == list(catalogue.ALL)


def test_an_unknown_id_is_answered_with_the_known_ones() -> None:
    with pytest.raises(LookupError, match=r"no check 'Z99'; there are: A00, A01, "):
        catalogue.by_id("Z99")
