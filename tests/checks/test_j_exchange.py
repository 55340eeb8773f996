"""Class J: a provider that misreads the exchange fails the check made for it."""

import json
from dataclasses import dataclass, replace

import pytest

from pullproof.checks import catalogue
from pullproof.model.provider import EnvVar
from pullproof.model.scenario import Fault, FaultKind
from pullproof.model.transcript import Actor
from pullproof.model.verdict import Outcome
from tests.checks.factory import Answer, FirstDraw, document, refusal
from tests.checks.odd_providers import SETUP, EmptyOnFailure, Several
from tests.checks.small_world import (
    Broken,
    NodeIdentity,
    Program,
    Provider,
    Visit,
    as_object,
    play,
    verdict,
)


class NoStatus(Provider):
    def read(self, status: int, body: bytes) -> tuple[str, str, int | None]:
        return super().read(200, body)


class NoChecks(Provider):
    """Takes whatever text comes out of the reply."""

    def read(self, status: int, body: bytes) -> tuple[str, str, int | None]:
        if status != 200:
            return super().read(status, body)
        try:
            found = as_object(json.loads(body))
        except ValueError:
            return super().read(status, body)
        member = found.get("access_token")
        return "user", str(member), 900


class EmptyPassword(Provider):
    """Knows the user, and answers even if nothing goes with it (X-025)."""

    def read(self, status: int, body: bytes) -> tuple[str, str, int | None]:
        if status == 200 and b'"access_token": ""' in body:
            return "_token", "", 900
        return super().read(status, body)


class Crashes(Provider):
    def __call__(self, visit: Visit) -> Answer:
        answer = super().__call__(visit)
        if answer.exit_code and visit.step.exchange:
            trace = b"Traceback (most recent call last):\n  File 'x'\nKeyError: 'access_token'\n"
            return Answer(stderr=trace, exit_code=1)
        return answer


@dataclass(frozen=True)
class Follows(Provider):
    """Follows redirects, with or without the token."""

    with_token: bool = True
    made_up: bool = False

    def ask(self, visit: Visit) -> tuple[int, bytes]:
        status, body = visit.ask()
        if 300 <= status < 400:
            visit.send(Actor.CANARY, visit.token.encode() if self.with_token else b"")
            if self.made_up:
                return 200, b'{"access_token": "made-up-credential", "expires_in": 900}'
        return status, body


class InventsOnSilence(Provider):
    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        try:
            return super().exchange(visit)
        except Broken:
            return "user", "a-credential-from-elsewhere", 900


class Unbounded(Provider):
    def read(self, status: int, body: bytes) -> tuple[str, str, int | None]:
        return super().read(status, body.strip())


class Exhausted(Provider):
    def __call__(self, visit: Visit) -> Answer:
        if any(fault.kind is FaultKind.HUGE_BODY for fault in visit.step.exchange):
            visit.ask()
            trace = b"Traceback (most recent call last):\n  File 'x'\nMemoryError\n"
            return Answer(stderr=trace, exit_code=1)
        return super().__call__(visit)


class Twice(Provider):
    def ask(self, visit: Visit) -> tuple[int, bytes]:
        super().ask(visit)
        return super().ask(visit)


class FollowsRealm(Provider):
    def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
        visit.send(Actor.REGISTRY, b"", method="GET")
        if visit.step.registry:
            visit.send(Actor.CANARY, password.encode())
        return super().success(visit, username, password, life)


class AsksRegistry(Provider):
    def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
        visit.send(Actor.REGISTRY, password.encode())
        return super().success(visit, username, password, life)


class Scavenges(Provider):
    """Picks the credential out of broken JSON."""

    def read(self, status: int, body: bytes) -> tuple[str, str, int | None]:
        try:
            json.loads(body)
        except ValueError:
            return "user", body.decode().split('"')[3], 900
        return super().read(status, body)


BROKEN: dict[str, tuple[Program, ...]] = {
    "J01": (NoStatus(),),
    "J02": (NoChecks(), EmptyPassword()),
    "J03": (Crashes(),),
    "J04": (Follows(), Follows(with_token=False, made_up=True)),
    "J05": (InventsOnSilence(),),
    "J06": (Exhausted(),),
    "J07": (Unbounded(),),
    "J08": (Twice(),),
    "J09": (Provider(retries=40),),
    "J10": (FollowsRealm(),),
    "J11": (NoChecks(),),
    "J12": (Scavenges(),),
}


@pytest.mark.parametrize(
    ("id", "program"), [(id, program) for id, programs in BROKEN.items() for program in programs]
)
def test_a_wrong_habit_fails_its_check(id: str, program: Program) -> None:
    check = catalogue.by_id(id)
    found = verdict(check, SETUP, program)
    assert found.failed, found
    assert found.rule in check.rules


@pytest.mark.parametrize("id", [id for id in BROKEN if id != "J10"])
@pytest.mark.parametrize(
    "program", [Provider(), Provider(retries=3), EmptyOnFailure(), Several()], ids=repr
)
def test_correct_providers_pass(id: str, program: Program) -> None:
    assert verdict(catalogue.by_id(id), SETUP, program).outcome is Outcome.PASS


class TestWhatIsAllowed:
    @pytest.mark.rule("S-65")
    def test_following_a_redirect_without_the_token_to_nowhere(self) -> None:
        found = verdict(catalogue.by_id("J04"), SETUP, Follows(with_token=False))
        assert found.outcome is Outcome.PASS

    @pytest.mark.rule("S-65")
    def test_a_canary_that_the_author_configured_is_no_stranger(self) -> None:
        env = (*SETUP.provider.env, EnvVar("SECOND_EXCHANGE", "${canary.url}/token"))
        setup = replace(SETUP, provider=replace(SETUP.provider, env=env))
        assert not verdict(catalogue.by_id("J04"), setup, Follows()).failed

    @pytest.mark.rule("S-66")
    def test_talking_to_the_registry_itself(self) -> None:
        assert verdict(catalogue.by_id("J10"), SETUP, AsksRegistry()).outcome is Outcome.PASS

    @pytest.mark.rule("S-66", "S-80")
    def test_a_provider_that_never_talks_to_it_is_not_judged(self) -> None:
        found = verdict(catalogue.by_id("J10"), SETUP, Provider())
        assert found.outcome is Outcome.NOT_APPLICABLE

    @pytest.mark.rule("S-20")
    def test_one_retry_after_a_busy_reply_mints_once(self) -> None:
        check = catalogue.by_id("J08")
        transcript = play(SETUP, check.propose(SETUP, FirstDraw()), Provider(retries=2))
        assert check.judge(SETUP, transcript).outcome is Outcome.PASS
        asked = transcript.during("busy-once", Actor.EXCHANGE)
        assert [record.status for record in asked] == [503, 200]

    def test_members_other_than_the_credential_may_be_missing(self) -> None:
        check = catalogue.by_id("J02")
        scenario = check.propose(SETUP, FirstDraw())
        steps = tuple(
            replace(step, exchange=(Fault(FaultKind.DROP_MEMBER, "username"),))
            if step.exchange
            else step
            for step in scenario.execs
        )
        transcript = play(SETUP, replace(scenario, steps=steps), Provider())
        assert check.judge(SETUP, transcript).outcome is Outcome.NOT_APPLICABLE

    def test_a_retry_that_outlives_the_fault(self) -> None:
        check = catalogue.by_id("J01")
        scenario = check.propose(SETUP, FirstDraw())
        steps = tuple(
            replace(step, exchange=tuple(replace(fault, times=1) for fault in step.exchange))
            for step in scenario.execs
        )
        transcript = play(SETUP, replace(scenario, steps=steps), Provider(retries=2))
        assert not check.judge(SETUP, transcript).failed


@pytest.mark.rule("S-80")
@pytest.mark.parametrize("id", [id for id in BROKEN if id != "J10"])
def test_nothing_is_said_of_an_exchange_that_is_not_used(id: str) -> None:
    found = verdict(catalogue.by_id(id), SETUP, NodeIdentity())
    assert found.outcome is Outcome.NOT_APPLICABLE


def judge_always(id: str, answer: Answer) -> Outcome:
    return verdict(catalogue.by_id(id), SETUP, lambda visit: answer).outcome


@pytest.mark.parametrize("id", [id for id in BROKEN if id != "J10"])
def test_nothing_is_said_of_a_provider_that_does_not_work(id: str) -> None:
    for answer in (refusal(), Answer(document({}))):
        assert judge_always(id, answer) is Outcome.INCONCLUSIVE
