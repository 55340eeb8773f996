"""Who runs, how often, and why the others do not."""

from dataclasses import replace

import pytest

from pullproof.engine.options import Options, Profile
from pullproof.engine.plan import WHY_NEEDED, make_plan, why_skipped
from pullproof.model.setup import Feature, Policy
from tests.engine.fakes import PLAIN, make_check, make_setup

SETUP = make_setup()


def test_every_feature_has_a_reason_for_its_absence() -> None:
    assert set(WHY_NEEDED) == set(Feature)


def test_the_plan_holds_the_whole_catalogue_in_order() -> None:
    plan = make_plan(SETUP, Options(), PLAIN)
    assert [entry.check.id for entry in plan.entries] == [check.id for check in PLAIN]
    assert plan.watchers == ("C01", "H01")


@pytest.mark.parametrize(
    ("options", "ignored", "reason"),
    [
        (Options(checks=("A02",)), (), "not selected"),
        (Options(), ("A01",), "ignored by policy"),
        (Options(profile=Profile.SMOKE), (), "not in the smoke profile"),
    ],
)
def test_a_skipped_check_says_why(options: Options, ignored: tuple[str, ...], reason: str) -> None:
    setup = replace(SETUP, policy=Policy(ignore=ignored))
    assert why_skipped(setup, options, make_check("A01")) == reason


def test_a_check_chosen_by_name_runs_in_smoke_too() -> None:
    options = Options(profile=Profile.SMOKE, checks=("A01",))
    assert why_skipped(SETUP, options, make_check("A01")) == ""


@pytest.mark.parametrize(
    ("profile", "examples", "planned"),
    [(Profile.SMOKE, 8, 1), (Profile.DEFAULT, 8, 8), (Profile.DEEP, 8, 80)],
)
def test_profiles_decide_how_many_examples(profile: Profile, examples: int, planned: int) -> None:
    assert Options(profile=profile).examples(examples) == planned


def test_a_factor_never_takes_the_last_example() -> None:
    assert Options(examples_factor=0.01).examples(3) == 1


@pytest.mark.parametrize(("jobs", "workers"), [(0, 1), (1, 1), (9, 9)])
def test_jobs_are_what_was_asked_for_and_at_least_one(jobs: int, workers: int) -> None:
    assert Options(jobs=jobs).workers == workers


def test_jobs_default_to_four_at_most() -> None:
    assert 1 <= Options().workers <= 4
