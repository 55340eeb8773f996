"""Every scenario of every seed is asked once, and a wrong provider is told."""

import pytest

from pullproof.checks.catalogue import ALL, by_id
from pullproof.engine.options import Options
from pullproof.engine.plan import make_plan
from pullproof.engine.seeded import SeededDraw, seed_text
from pullproof.fuzz import soak
from pullproof.fuzz.build import Unavailable
from pullproof.fuzz.mutants.index import mutants
from pullproof.fuzz.zoo import correct_setup, setup_of
from pullproof.model.setup import Setup

SEEDS = range(5)


def base() -> Setup:
    setup = correct_setup("base-workload")
    assert not isinstance(setup, Unavailable)
    return setup


def test_what_any_seed_makes_is_asked_exactly_once() -> None:
    setup = base()
    asked = [item.scenario for item in soak.questions(setup, SEEDS)]
    wanted = {
        entry.check.propose(setup, SeededDraw(seed_text(seed, entry.check.id, example)))
        for entry in make_plan(setup, Options(), ALL).running
        for seed in SEEDS
        for example in range(entry.examples)
    }
    assert set(asked) == wanted
    assert len(asked) == len(wanted)


def test_each_check_that_applies_is_asked_by_the_first_seed() -> None:
    setup = base()
    first = {item.check for item in soak.questions(setup, SEEDS) if item.seed == SEEDS[0]}
    assert first == {entry.check.id for entry in make_plan(setup, Options(), ALL).running}


@pytest.mark.process
class TestForReal:
    @pytest.fixture(autouse=True)
    def few_checks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(soak, "ALL", tuple(by_id(name) for name in ("A00", "C09", "K01")))

    def test_a_correct_provider_is_not_accused(self) -> None:
        found = soak.soak(base(), SEEDS, launcher="zygote")
        assert found.findings == ()
        assert found.scenarios >= 3
        assert found.judged >= found.scenarios

    def test_a_wrong_one_is_told_with_check_count_and_seed(self) -> None:
        (mutant,) = [item for item in mutants() if item.id == "c1-cache-type"]
        setup = setup_of(mutant, "zygote")
        assert not isinstance(setup, Unavailable)
        found = soak.soak(setup, SEEDS, launcher="zygote")
        assert any(text.startswith("C09 failed 3/3 (seed ") for text in found.findings)
