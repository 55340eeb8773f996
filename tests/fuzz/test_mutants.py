"""The zoo's headers are true and whole; its defects cover what can be seen."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pullproof.checks.catalogue import ALL, by_id
from pullproof.corpus.rules import all_rules
from pullproof.fuzz.mutants.index import (
    HERE,
    SETUPS,
    SUFFIXES,
    BadHeader,
    Mutant,
    mutants,
    read_mutant,
)
from pullproof.model.verdict import Level

MUTANTS = mutants()
DEEP = tuple(mutant for mutant in MUTANTS if mutant.deep)
KNOWN_CHECKS = {check.id for check in ALL}
DEFECTS = {name for name in all_rules() if name.startswith("D-")}
BLACK_BOX_CLASSES = "ABCDEFGHIJ"


def _excluded() -> dict[str, str]:
    """Return the classes that the README leaves out, with its reasons."""
    text = (HERE / "README.md").read_text("utf-8")
    section = text.split("## Defect classes without a mutant")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| (D-[A-K]\d+) \| (.+) \|$", section, re.MULTILINE))


def _lapses(holds: Callable[[Mutant], bool]) -> list[str]:
    return [mutant.id for mutant in MUTANTS if not holds(mutant)]


def _is_about_its_defect(mutant: Mutant) -> bool:
    claimed = {defect for check in mutant.checks for defect in by_id(check).defects}
    letters = {defect[2] for defect in mutant.defects}
    return bool(claimed & set(mutant.defects) or letters & {check[0] for check in mutant.checks})


class TestHeaders:
    def test_each_names_known_defects(self) -> None:
        assert _lapses(lambda mutant: set(mutant.defects) <= DEFECTS) == []

    def test_each_names_known_rules(self) -> None:
        assert _lapses(lambda mutant: set(mutant.rules) <= set(all_rules())) == []

    def test_each_names_checks_of_the_catalogue(self) -> None:
        assert _lapses(lambda mutant: set(mutant.checks) <= KNOWN_CHECKS) == []

    def test_one_check_of_each_is_about_its_defect(self) -> None:
        assert _lapses(_is_about_its_defect) == []

    def test_each_names_an_existing_setup(self) -> None:
        assert _lapses(lambda mutant: (SETUPS / f"{mutant.setup}.toml").is_file()) == []

    def test_each_id_is_the_name_of_its_file(self) -> None:
        assert _lapses(lambda mutant: mutant.id == mutant.path.stem.replace("_", "-")) == []

    def test_each_title_is_a_sentence(self) -> None:
        assert _lapses(lambda m: m.title.endswith(".") and m.title[0].isupper()) == []


def test_ids_are_unique() -> None:
    assert len({mutant.id for mutant in MUTANTS}) == len(MUTANTS)


def test_the_zoo_is_large_enough() -> None:
    assert len(MUTANTS) >= 250
    assert len({mutant.defects[0] for mutant in MUTANTS}) >= 15


def test_it_speaks_several_languages() -> None:
    assert {mutant.path.suffix for mutant in MUTANTS} == set(SUFFIXES)


class TestDeepOnes:
    def test_there_are_enough(self) -> None:
        assert len(DEEP) >= 20

    def test_each_says_what_must_come_together(self) -> None:
        assert _lapses(lambda mutant: mutant.deep == (len(mutant.condition) > 10)) == []

    def test_the_fuzzer_has_a_judge_for_each(self) -> None:
        """What it makes up is judged by those who watch, advice left out."""

        def is_watched(mutant: Mutant) -> bool:
            named = [by_id(check) for check in mutant.checks]
            return any(check.watches and check.level is not Level.ADVICE for check in named)

        assert [mutant.id for mutant in DEEP if not is_watched(mutant)] == []


def test_every_visible_defect_class_has_a_mutant() -> None:
    covered = {defect for mutant in MUTANTS for defect in mutant.defects}
    assert DEFECTS - covered == set(_excluded())


def test_no_class_of_behaviour_is_left_out_without_a_mutant() -> None:
    assert {mutant.defects[0][2] for mutant in MUTANTS} == set(BLACK_BOX_CLASSES)


def test_every_check_has_a_mutant() -> None:
    named = {check for mutant in MUTANTS for check in mutant.checks}
    assert KNOWN_CHECKS - named == set()


class TestBadHeaders:
    def test_a_missing_line_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "a1_x.py"
        path.write_text('"""Title.\n\nid: a1-x\ndefect: D-A1\nrule: K-075\ncheck: A01\n"""\n')
        with pytest.raises(BadHeader, match="setup"):
            read_mutant(path)

    def test_a_line_given_twice_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "a1_first_line.py"
        shutil.copy(HERE / path.name, path)
        path.write_text(path.read_text().replace("id: ", "id: a1-y\nid: ", 1))
        with pytest.raises(BadHeader, match="once"):
            read_mutant(path)

    def test_a_condition_given_twice_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "a1_first_line.py"
        shutil.copy(HERE / path.name, path)
        path.write_text(path.read_text().replace("id: ", "deep: one\ndeep: two\nid: ", 1))
        with pytest.raises(BadHeader, match="more than once"):
            read_mutant(path)

    def test_a_condition_makes_a_mutant_deep(self, tmp_path: Path) -> None:
        path = tmp_path / "a1_first_line.py"
        shutil.copy(HERE / path.name, path)
        path.write_text(path.read_text().replace("id: ", "deep: the third call\nid: ", 1))
        found = read_mutant(path)
        assert (found.deep, found.condition) == (True, "the third call")

    def test_comments_are_headers_too(self, tmp_path: Path) -> None:
        path = tmp_path / "a2_x.sh"
        lines = [
            "#!/bin/sh",
            "# Title.",
            "#",
            "# id: a2-x",
            "# defect: D-A2, D-A1",
            "# rule: K-075",
        ]
        path.write_text("\n".join([*lines, "# check: A02", "# setup: node", "exit 1", ""]))
        found = read_mutant(path)
        assert (found.title, found.defects) == ("Title.", ("D-A2", "D-A1"))
