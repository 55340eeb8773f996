"""No correct provider, however odd, fails a check of the classes F to K."""

from dataclasses import replace

import pytest

from pullproof.checks import f_caching, g_tokens, h_secrets, i_process, j_exchange, k_isolation
from pullproof.checks.check import Check
from pullproof.model.draw import Draw
from pullproof.model.scenario import PullStep
from pullproof.model.setup import Setup
from pullproof.model.verdict import Level, Outcome
from tests.checks.factory import FirstDraw, RandomDraw
from tests.checks.odd_providers import ODD, TOLD
from tests.checks.small_world import play

MODULES = (f_caching, g_tokens, h_secrets, i_process, j_exchange, k_isolation)
MINE = tuple(check for module in MODULES for check in module.CHECKS)
# A required annotation may be a mere opt-in; the checks say so, as advice.
OPT_IN = "G18"
ONLY_TOLD = {Level.SHOULD, Level.ADVICE}


def applies(check: Check, setup: Setup) -> bool:
    return check.needs <= setup.features and check.applies(setup) is None


def fails(name: str, draw: Draw, *, watch: bool) -> list[tuple[str, str, str]]:
    """Return (judge, scenario's check, message) of every failure that nobody expected."""
    setup, program = ODD[name]
    told = TOLD.get(name, set()) | {OPT_IN}
    mine = [check for check in MINE if applies(check, setup)]
    assert mine
    watchers = [check for check in mine if check.watches] if watch else []
    found: list[tuple[str, str, str]] = []
    for own in mine:
        transcript = play(setup, own.propose(setup, draw), program)
        for judge in (own, *watchers):
            verdict = judge.judge(setup, transcript)
            if verdict.failed and not (judge.id in told and judge.level in ONLY_TOLD):
                found.append((judge.id, own.id, verdict.message))
    return found


@pytest.mark.parametrize("name", ODD)
def test_an_odd_but_correct_provider_fails_nothing(name: str) -> None:
    assert fails(name, FirstDraw(), watch=True) == []


@pytest.mark.parametrize("name", ODD)
def test_nor_does_it_in_any_other_scenario(name: str) -> None:
    assert fails(name, RandomDraw(len(name)), watch=False) == []


def test_the_plain_provider_is_really_judged() -> None:
    setup, program = ODD["plain"]
    # Nothing to see in it: no children, no talk with the registry, no failure.
    idle = {"H04", "J10"}
    for check in MINE:
        if check.id not in idle | {OPT_IN}:
            transcript = play(setup, check.propose(setup, FirstDraw()), program)
            assert check.judge(setup, transcript).outcome is Outcome.PASS, check.id


@pytest.mark.parametrize("check", MINE, ids=lambda check: check.id)
def test_a_smaller_scenario_raises_no_error(check: Check) -> None:
    """Shrinking drops steps; a judge must cope with whatever is left."""
    setup, program = ODD["plain"]
    scenario = check.propose(setup, FirstDraw())
    for kept in scenario.steps:
        if not isinstance(kept, PullStep):
            small = replace(scenario, steps=(kept,))
            assert not check.judge(setup, play(setup, small, program)).failed
    empty = play(setup, replace(scenario, steps=()), program)
    assert check.judge(setup, empty).outcome in (Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE)
