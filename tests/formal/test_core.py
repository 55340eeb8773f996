"""The Python half of the second opinion: it must be able to say both yes and no."""

import re
from importlib import resources

import pytest

from pullproof.explore.search import explore
from pullproof.explore.spin import our_opinion
from pullproof.model.machine import successors
from pullproof.model.protocol.core import PROMISES, build_core
from pullproof.model.protocol.core_params import CoreParams, Mistake
from pullproof.model.protocol.core_scopes import CONFIGURATIONS, VERDICTS, Verdict

PROMELA = resources.files("pullproof.model").joinpath("formal", "core.pml").read_text("utf-8")
SMALL = ("identities", "not-cached", "echo", "account-required", "namespaces")


def configuration(name: str) -> CoreParams:
    (found,) = (each for each in CONFIGURATIONS if each.name == name)
    return found


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda verdict: verdict.params.name)
def test_a_mistake_breaks_just_what_it_is_said_to_break(verdict: Verdict) -> None:
    assert our_opinion(build_core(verdict.params)).broken == verdict.breaks


def test_every_mistake_is_judged_and_each_that_breaks_nothing_says_why() -> None:
    assert {verdict.params.mistake for verdict in VERDICTS} == set(Mistake)
    assert all(bool(verdict.breaks) != bool(verdict.why_none) for verdict in VERDICTS)


def test_every_promise_is_broken_by_some_mistake() -> None:
    assert {each for verdict in VERDICTS for each in verdict.breaks} == set(PROMISES)


@pytest.mark.parametrize("name", SMALL)
def test_a_right_kubelet_breaks_nothing(name: str) -> None:
    assert not our_opinion(build_core(configuration(name))).broken


def test_every_kind_of_event_happens_somewhere() -> None:
    declared: set[str] = set()
    happened: set[str] = set()
    for params in CONFIGURATIONS:
        machine = build_core(params)
        declared.update(event.kind for event in machine.events)
        seen = {tuple(machine.initial.values())}
        todo = [machine.initial]
        while todo and len(seen) < 800:
            for event, after, _ in successors(machine, todo.pop(0)):
                happened.add(event.kind)
                if tuple(after.values()) not in seen:
                    seen.add(tuple(after.values()))
                    todo.append(after)
    assert declared == happened


@pytest.mark.parametrize("name", SMALL)
def test_the_explorer_counts_the_same_states(name: str) -> None:
    machine = build_core(configuration(name))
    plain = our_opinion(machine)
    found = explore(machine)
    assert (found.states, found.transitions) == (plain.states, plain.transitions)


def test_every_macro_is_one_of_the_promela_model() -> None:
    settable = set(re.findall(r"^#ifndef (\w+)", PROMELA, re.MULTILINE))
    assert settable == set(CoreParams("x").macros())


def test_the_promela_model_has_the_same_defaults() -> None:
    defaults = dict(re.findall(r"^#ifndef (\w+)\n#define \1 (\d+)", PROMELA, re.MULTILINE))
    assert {name: int(value) for name, value in defaults.items()} == CoreParams("x").macros()


def test_mistakes_have_the_same_numbers_in_the_promela_model() -> None:
    _, _, section = PROMELA.partition("the mistakes that MUTANT may make")
    section, _, _ = section.partition("small vocabularies")
    numbers = {
        name: int(number)
        for name, number in re.findall(r"^#define (\w+)\t+(\d+)$", section, re.MULTILINE)
    }
    assert numbers == {each.name: int(each) for each in Mistake if each is not Mistake.NOTHING}


def test_every_promise_is_a_claim_of_the_promela_model() -> None:
    claims = re.findall(r"^ltl (\w+) \{ \[\] !\(broken & (\w+)\) \}", PROMELA, re.MULTILINE)
    assert [claim.upper() for claim, _ in claims] == [ghost for _, ghost in claims]
    assert [ghost.replace("_", "-") for _, ghost in claims] == list(PROMISES)
