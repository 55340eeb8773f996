"""Class G: a provider that misuses a token fails the check made for it."""

import base64
import json
from dataclasses import replace

import pytest

from pullproof.checks import catalogue
from pullproof.model.scenario import FaultKind, TokenKind
from pullproof.model.setup import Setup
from pullproof.model.verdict import Outcome
from tests.checks.factory import Answer, FirstDraw, document
from tests.checks.odd_providers import (
    BEFORE_THE_GUARD,
    OPTIONAL_ACCOUNT,
    PASS_THROUGH,
    SETUP,
    Patient,
)
from tests.checks.small_world import (
    Broken,
    PassThrough,
    Program,
    Provider,
    Refused,
    Visit,
    play,
    verdict,
)

TRACE = b"Traceback (most recent call last):\n  File 'p', line 1\nKeyError: 'serviceAccountToken'\n"


class CrashesWithout(Provider):
    def without_token(self, visit: Visit) -> Answer:
        return Answer(stderr=TRACE, exit_code=1)


class SaysNothingWithout(Provider):
    def without_token(self, visit: Visit) -> Answer:
        return Answer()


class NodeWithout(Provider):
    def without_token(self, visit: Visit) -> Answer:
        return self.success(visit, *visit.node_credential(), 600)


class NodeOnFailure(Provider):
    """Falls back to the node's identity whenever the workload's way fails."""

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        try:
            return super().exchange(visit)
        except (Broken, Refused):
            return *visit.node_credential(), 600


class NodeOnServerTrouble(Provider):
    def read(self, status: int, body: bytes) -> tuple[str, str, int | None]:
        if status >= 500:
            raise Broken
        return super().read(status, body)

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        try:
            return super().exchange(visit)
        except Broken:
            return *visit.node_credential(), 600


class TruncatesToken(Provider):
    def ask(self, visit: Visit) -> tuple[int, bytes]:
        visit.ask(visit.token[:20])
        return 200, json.dumps({"access_token": "made-up-credential", "expires_in": 900}).encode()


class Base64Echo(Provider):
    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        super().exchange(visit)
        return "token", base64.b64encode(f"x:{visit.token}".encode()).decode(), 900


class BelievesAnything(Provider):
    """Has a credential of its own if the exchange does not give one."""

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        try:
            return super().exchange(visit)
        except Refused:
            return "user", "a-credential-from-elsewhere", 600


class OneAlgorithm(Provider):
    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        if visit.world.holders[visit.token][0] is TokenKind.VALID_ES256:
            raise Refused("alg must be RS256")
        return super().exchange(visit)


class DemandsLife(Provider):
    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        if visit.world.holders[visit.token][0] is TokenKind.VALID_SHORT:
            raise Refused("the token ends too soon")
        return super().exchange(visit)


class UsesAnnotation(Provider):
    def answer(self, visit: Visit) -> Answer:
        if "example.com/role" not in visit.annotations:
            raise Refused("the annotation is missing")
        return super().answer(visit)


BROKEN: dict[str, tuple[Program, ...]] = {
    "G01": (CrashesWithout(), SaysNothingWithout()),
    "G02": (Patient(),),
    "G03": (NodeWithout(),),
    "G04": (NodeOnFailure(), NodeOnServerTrouble()),
    "G05": (NodeOnFailure(), NodeOnServerTrouble()),
    "G06": (TruncatesToken(),),
    "G08": (PassThrough(),),
    "G09": (Base64Echo(),),
    "G10": (BelievesAnything(), NodeOnFailure()),
    "G11": (BelievesAnything(), NodeOnFailure()),
    "G12": (BelievesAnything(), NodeOnFailure()),
    "G13": (BelievesAnything(), NodeOnFailure()),
    "G14": (BelievesAnything(), NodeOnFailure()),
    "G15": (BelievesAnything(), NodeOnFailure()),
    "G16": (OneAlgorithm(),),
    "G17": (DemandsLife(),),
    "G18": (Provider(),),
}


@pytest.mark.parametrize(
    ("id", "program"), [(id, program) for id, programs in BROKEN.items() for program in programs]
)
def test_a_wrong_habit_fails_its_check(id: str, program: Program) -> None:
    check = catalogue.by_id(id)
    found = verdict(check, SETUP, program)
    assert found.failed, found
    assert found.rule in check.rules


@pytest.mark.parametrize("id", [id for id in BROKEN if id != "G18"])
def test_a_correct_provider_passes(id: str) -> None:
    assert verdict(catalogue.by_id(id), SETUP, Provider()).outcome is Outcome.PASS


def test_an_annotation_that_is_needed_has_a_use() -> None:
    assert verdict(catalogue.by_id("G18"), SETUP, UsesAnnotation()).outcome is Outcome.PASS


@pytest.mark.rule("K-094", "I-07")
class TestTokenAsPassword:
    """Only cacheType Token makes it right; before 1.34 only not caching did."""

    def test_cache_type_token_needs_no_check(self) -> None:
        assert catalogue.by_id("G08").applies(PASS_THROUGH) is not None

    def test_old_kubelets_accept_it_uncached(self) -> None:
        found = verdict(catalogue.by_id("G08"), BEFORE_THE_GUARD, PassThrough())
        assert found.outcome is Outcome.PASS

    def test_old_kubelets_would_share_it_cached(self) -> None:
        found = verdict(catalogue.by_id("G08"), BEFORE_THE_GUARD, PassThrough(margin_s=-60))
        assert found.failed
        assert found.rule == "I-07"

    def test_a_suffix_gets_past_the_kubelet_but_not_past_us(self) -> None:
        class Suffix(Provider):
            def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
                return "token", visit.token + "#", 900

        assert not verdict(catalogue.by_id("G08"), SETUP, Suffix()).failed
        assert verdict(catalogue.by_id("G09"), SETUP, Suffix()).failed


@pytest.mark.rule("K-112")
@pytest.mark.parametrize("id", ["G02", "G03"])
def test_pods_without_account_may_get_anything_if_the_config_admits_them(id: str) -> None:
    assert catalogue.by_id(id).applies(OPTIONAL_ACCOUNT) is not None


@pytest.mark.rule("K-112")
def test_but_no_crash() -> None:
    assert verdict(catalogue.by_id("G01"), OPTIONAL_ACCOUNT, CrashesWithout()).failed
    assert not verdict(catalogue.by_id("G01"), OPTIONAL_ACCOUNT, Patient()).failed


@pytest.mark.rule("S-80")
@pytest.mark.parametrize("id", sorted(BROKEN))
def test_guessed_setups_are_never_judged_by_their_identity(id: str) -> None:
    guessed: Setup = replace(SETUP, declared=False)
    assert catalogue.by_id(id).applies(guessed) is not None


@pytest.mark.rule("S-08")
def test_images_that_are_not_declared_may_have_other_ways() -> None:
    class NodeForTheRest(Provider):
        def unknown(self, visit: Visit) -> Answer:
            user, password = visit.node_credential()
            return Answer(document({visit.image: (user, password)}))

    check = catalogue.by_id("G04")
    base = catalogue.by_id("F12").propose(SETUP, FirstDraw())
    found = check.judge(SETUP, play(SETUP, base, NodeForTheRest()))
    assert found.outcome is Outcome.PASS
    assert not catalogue.by_id("G05").judge(SETUP, play(SETUP, base, NodeForTheRest())).failed


@pytest.mark.rule("S-63")
def test_one_stumble_of_the_exchange_lets_a_fallback_show_itself() -> None:
    scenario = catalogue.by_id("G04").propose(SETUP, FirstDraw())
    faults = {fault.kind for step in scenario.execs for fault in step.exchange if fault.times}
    assert {FaultKind.STATUS, FaultKind.RESET, FaultKind.NOT_JSON} <= faults
