"""Class F: a provider with one habit wrong fails the check made for it."""

import json
from dataclasses import replace

import pytest

from pullproof.checks import catalogue
from pullproof.model.scenario import Fault, FaultKind
from pullproof.model.setup import Setup
from pullproof.model.verdict import Outcome
from tests.checks.factory import Answer, RandomDraw, document, refusal
from tests.checks.odd_providers import NODE, SETUP, LeavesItOut
from tests.checks.small_world import (
    LIFE_S,
    NodeIdentity,
    Program,
    Provider,
    Visit,
    play,
    verdict,
)


def lasting(text: str | None) -> Program:
    """Return a provider that always answers with this cacheDuration."""

    class Fixed(Provider):
        def duration(self, life: int | None) -> str | None:
            return text

    return Fixed()


class Encoded(Provider):
    """Wraps the credential in its own way, and caches it for a day."""

    def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
        return super().success(visit, username, f"<{password}>", 86400 + 60)


class NullIfDead(Provider):
    def duration(self, life: int | None) -> str | None:
        return super().duration(life) if life else None


class Uncapped(Provider):
    def duration(self, life: int | None) -> str | None:
        return f"{life or 0}h"


class FailsEmpty(Provider):
    def failure(self, visit: Visit, reason: str) -> Answer:
        return Answer(document({}, cache_duration="10m0s"))


class FailsEmptyOnce(Provider):
    def failure(self, visit: Visit, reason: str) -> Answer:
        return Answer(document({}, cache_duration="0s"))


class FailsWithZero(Provider):
    def failure(self, visit: Visit, reason: str) -> Answer:
        return Answer(stderr=reason.encode())


class UnknownIsGlobal(Provider):
    def unknown(self, visit: Visit) -> Answer:
        return Answer(document({}, cache_key_type="Global", cache_duration="10m0s"))


class Restless(Provider):
    """Now the image, now its registry."""

    def key(self, visit: Visit) -> str:
        return visit.image if visit.step.id == "baseline" else visit.image.split("/")[0]


class Negative(Provider):
    def duration(self, life: int | None) -> str | None:
        return f"{(life or 0) - 60}s"


class IntoAFile(Provider):
    def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
        visit.write("home/.docker/config.json", json.dumps({"auths": password}).encode())
        return Answer(document({}, cache_duration="5m0s"))


BROKEN: dict[str, tuple[Program, ...]] = {
    "F01": (lasting("16m"), lasting(None), lasting("12h")),
    "F03": (NullIfDead(), lasting("5m"), lasting(None)),
    "F04": (NullIfDead(), lasting("12h")),
    "F05": (Uncapped(),),
    "F06": (Provider(margin_s=0),),
    "F07": (lasting("900ms"), lasting("1ns")),
    "F08": (LeavesItOut(),),
    "F09": (FailsEmpty(),),
    "F10": (FailsEmpty(), FailsEmptyOnce(), FailsWithZero()),
    "F11": (Provider(cache_key_type="Global"), Provider(cache_key_type="Registry")),
    "F12": (UnknownIsGlobal(),),
    "F13": (Restless(),),
    "F14": (Negative(),),
    "F15": (IntoAFile(),),
}


@pytest.mark.parametrize("id", [id for id, programs in BROKEN.items() for _ in programs])
def test_the_baseline_of_each_is_correct(id: str) -> None:
    assert verdict(catalogue.by_id(id), SETUP, Provider()).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("id", "program"), [(id, program) for id, programs in BROKEN.items() for program in programs]
)
def test_a_wrong_habit_fails_its_check(id: str, program: Program) -> None:
    check = catalogue.by_id(id)
    found = verdict(check, SETUP, program)
    assert found.failed, found
    assert found.rule in check.rules


@pytest.mark.rule("S-04")
class TestRealPulls:
    """F02 sees what arithmetic cannot: a credential in a form of its own."""

    def opens(self, setup: Setup, program: Program) -> bool | None:
        check = catalogue.by_id("F02")
        transcript = play(setup, check.propose(setup, RandomDraw(0)), program)
        found = check.judge(setup, transcript)
        return None if found.outcome is Outcome.NOT_APPLICABLE else not found.failed

    def test_a_dead_credential_in_the_cache_fails(self) -> None:
        assert self.opens(SETUP, lasting("12h")) is False

    def test_a_short_cache_life_passes(self) -> None:
        assert self.opens(SETUP, Provider()) is True

    def test_a_credential_our_registry_cannot_read_proves_nothing(self) -> None:
        assert self.opens(SETUP, Encoded()) is None


@pytest.mark.rule("S-04")
@pytest.mark.parametrize(
    ("seconds", "fails"), [(LIFE_S, False), (LIFE_S + 1, False), (LIFE_S + 5, True)]
)
def test_whole_seconds_are_not_a_violation(seconds: int, fails: bool) -> None:
    assert verdict(catalogue.by_id("F01"), SETUP, lasting(f"{seconds}s")).failed is fails


@pytest.mark.rule("K-105")
def test_null_is_judged_by_the_configured_default() -> None:
    short = replace(SETUP, provider=replace(SETUP.provider, default_cache_duration_ns=10**9))
    assert not verdict(catalogue.by_id("F01"), short, LeavesItOut()).failed
    assert verdict(catalogue.by_id("F01"), SETUP, LeavesItOut()).failed


@pytest.mark.rule("S-80")
def test_a_provider_that_never_asks_the_exchange_is_not_judged() -> None:
    for id in ("F01", "F03", "F09"):
        found = verdict(catalogue.by_id(id), SETUP, NodeIdentity())
        assert found.outcome is Outcome.NOT_APPLICABLE, id


def test_a_provider_that_does_not_work_is_not_judged() -> None:
    for id in BROKEN:
        if id not in ("F14", "F15"):
            found = verdict(catalogue.by_id(id), SETUP, lambda visit: refusal())
            assert found.outcome is Outcome.INCONCLUSIVE, id


@pytest.mark.rule("K-109")
def test_a_node_credential_may_be_cached_for_everything() -> None:
    program = NodeIdentity(cache_key_type="Global")

    class Wide(NodeIdentity):
        def key(self, visit: Visit) -> str:
            return "registry.example"

    assert verdict(catalogue.by_id("F11"), NODE, program).failed
    assert (
        verdict(catalogue.by_id("F11"), NODE, Wide(cache_key_type="Global")).outcome is Outcome.PASS
    )


@pytest.mark.rule("S-70")
def test_remembering_a_clear_refusal_is_not_called_a_cached_failure() -> None:
    check = catalogue.by_id("F09")
    scenario = check.propose(SETUP, RandomDraw(0))
    steps = tuple(
        replace(step, exchange=(Fault(FaultKind.STATUS, "403"),)) if step.exchange else step
        for step in scenario.execs
    )
    found = check.judge(SETUP, play(SETUP, replace(scenario, steps=steps), FailsEmpty()))
    assert found.outcome is Outcome.NOT_APPLICABLE
