"""Isolation: a provider that mixes workloads up fails, and nobody else does."""

import json
from dataclasses import dataclass, replace

import pytest

from pullproof.checks import catalogue
from pullproof.model.draw import Draw
from pullproof.model.scenario import PullStep
from pullproof.model.setup import Setup
from pullproof.model.verdict import Outcome
from tests.checks.factory import Answer, FirstDraw, RandomDraw, document
from tests.checks.odd_providers import (
    OPTIONAL_ACCOUNT,
    PASS_THROUGH,
    SETUP,
    EmptyOnFailure,
    KeyedByToken,
    Remembers,
    UnknownIsError,
    Verifies,
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


@dataclass(frozen=True)
class Memo(Provider):
    """Keeps credentials in HOME under a key that says too little."""

    by: str = "registry"
    only_if_down: bool = False

    def path(self, visit: Visit) -> str:
        keys = {
            "registry": visit.image.split("/")[0],
            "image": visit.image.replace("/", "_"),
            "subject": visit.world.holders.get(visit.token, ("", ""))[1],
        }
        return f"home/{keys[self.by]}"

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        kept = visit.node.files.get(self.path(visit))
        if kept is not None and not self.only_if_down:
            user, password, life = json.loads(kept)
            return user, password, life
        try:
            found = super().exchange(visit)
        except (Broken, Refused):
            if kept is None:
                raise
            user, password, life = json.loads(kept)
            return user, password, life
        visit.write(self.path(visit), json.dumps(found).encode())
        return found

    def without_token(self, visit: Visit) -> Answer:
        kept = visit.node.files.get(self.path(visit))
        if kept is None:
            return super().without_token(visit)
        return self.success(visit, *json.loads(kept))


class KeptToken(Provider):
    """Exchanges the last token it saw when a request has none."""

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        visit.write("home/token", visit.token.encode())
        return super().exchange(visit)

    def without_token(self, visit: Visit) -> Answer:
        kept = visit.node.files.get("home/token")
        if kept is None:
            return super().without_token(visit)
        visit.token = kept.decode()
        return self.success(visit, *super().exchange(visit))


class FirstToken(PassThrough):
    """A pass-through that remembers the first token it saw."""

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        kept = visit.node.files.get("tmp/token", visit.token.encode())
        visit.write("tmp/token", kept)
        return "token", kept.decode(), 0


class SharedTemporaryFile(Provider):
    """Execs at the same time read what the last one wrote."""

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        found = super().exchange(visit)
        if visit.step.group:
            last = visit.node.files.get("tmp/reply")
            visit.write("tmp/reply", json.dumps(found).encode())
            if last is not None:
                user, password, life = json.loads(last)
                return user, password, life
        return found


class UserAsPassword(Provider):
    def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
        return super().success(visit, password, username, life)


class PortDropped(Provider):
    def key(self, visit: Visit) -> str:
        return "registry.example:5000"


class NodeAlways(Provider):
    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        super().exchange(visit)
        return *visit.node_credential(), 600


class RoleByAnnotation(Provider):
    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        found = super().exchange(visit)
        if visit.annotations.get("example.com/role") == "a":
            return *visit.node_credential(), 600
        return found


class Spoiled(Provider):
    """Leaves a file behind that the next workload stumbles over."""

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        owner = str(visit.step.workload).encode()
        if visit.node.files.get("home/lock", owner) != owner:
            raise Refused("locked by somebody else")
        visit.write("home/lock", owner)
        return super().exchange(visit)


class WiderWhenUsed(Provider):
    def key(self, visit: Visit) -> str:
        used = "home/seen" in visit.node.files
        visit.write("home/seen", b"")
        return "registry.example" if used else visit.image


BROKEN: dict[str, tuple[tuple[Setup, Program], ...]] = {
    "K01": ((SETUP, UserAsPassword()), (SETUP, PortDropped())),
    "K02": ((SETUP, NodeAlways()),),
    "K03": ((SETUP, Memo()), (SETUP, Memo(only_if_down=True))),
    "K04": ((SETUP, Memo()), (PASS_THROUGH, FirstToken())),
    "K05": ((SETUP, Memo()), (SETUP, Memo(by="image")), (PASS_THROUGH, FirstToken())),
    "K06": ((SETUP, SharedTemporaryFile()), (SETUP, Memo())),
    "K07": ((SETUP, Memo()), (SETUP, Memo(by="subject"))),
    "K08": ((SETUP, Memo()), (OPTIONAL_ACCOUNT, Memo()), (SETUP, KeptToken())),
    "K09": ((SETUP, RoleByAnnotation()),),
    "K10": ((SETUP, Memo()), (SETUP, Spoiled())),
    "K11": ((SETUP, WiderWhenUsed()), (SETUP, Spoiled())),
}
CORRECT: dict[str, tuple[Setup, Program]] = {
    "plain": (SETUP, Provider()),
    "whole registry": (SETUP, Provider(cache_key_type="Registry")),
    "keyed by token": (SETUP, KeyedByToken()),
    "remembers": (SETUP, Remembers()),
    "verifies": (SETUP, Verifies()),
    "empty on failure": (SETUP, EmptyOnFailure()),
    "unknown is error": (SETUP, UnknownIsError()),
    "no account needed": (OPTIONAL_ACCOUNT, Provider()),
    "pass-through": (PASS_THROUGH, PassThrough()),
}
DRAWS: tuple[Draw, ...] = (FirstDraw(), RandomDraw(1), RandomDraw(2), RandomDraw(3))


@pytest.mark.rule("S-11", "S-57", "S-60", "S-61")
@pytest.mark.parametrize(
    ("id", "setup", "program"), [(id, *case) for id, cases in BROKEN.items() for case in cases]
)
@pytest.mark.parametrize("draw", DRAWS, ids=range(4))
def test_mixing_up_workloads_fails(id: str, setup: Setup, program: Program, draw: Draw) -> None:
    check = catalogue.by_id(id)
    transcript = play(setup, check.propose(setup, draw), program)
    found = check.judge(setup, transcript)
    assert found.failed, found
    assert found.rule in check.rules
    for secret in transcript.secrets:
        assert secret.value not in found.message


@pytest.mark.parametrize("id", sorted(BROKEN))
@pytest.mark.parametrize("name", CORRECT)
def test_correct_providers_pass(id: str, name: str) -> None:
    setup, program = CORRECT[name]
    check = catalogue.by_id(id)
    if check.applies(setup) is None:
        for draw in DRAWS:
            assert verdict(check, setup, program, draw).outcome is Outcome.PASS


def test_pods_of_one_account_may_share_a_credential() -> None:
    """K-102 keeps accounts apart, not pods: two such workloads are no pair."""
    a, b = SETUP.workloads
    twin = replace(b, namespace=a.namespace, service_account=a.service_account)
    setup = replace(SETUP, workloads=(a, twin))
    for id in ("K02", "K03", "K04", "K05", "K06", "K10", "K11"):
        assert catalogue.by_id(id).applies(setup) is not None


def test_a_password_made_from_the_minted_one_proves_nothing() -> None:
    class Wrapped(Provider):
        def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
            return Answer(document({visit.image: (username, f"Bearer {password}")}))

    assert verdict(catalogue.by_id("K01"), SETUP, Wrapped()).outcome is Outcome.INCONCLUSIVE


@pytest.mark.rule("S-80")
def test_without_the_owner_s_own_success_nothing_is_said() -> None:
    class OnlyA(Provider):
        def answer(self, visit: Visit) -> Answer:
            if visit.step.workload != "a":
                raise Refused("not today")
            return super().answer(visit)

    assert verdict(catalogue.by_id("K02"), SETUP, OnlyA()).outcome is Outcome.INCONCLUSIVE
    assert not verdict(catalogue.by_id("K10"), SETUP, OnlyA()).failed


def test_pairs_share_one_sandbox_and_controls_have_their_own() -> None:
    for id in ("K03", "K04", "K05", "K06", "K07", "K08", "K10"):
        scenario = catalogue.by_id(id).propose(SETUP, FirstDraw())
        sandboxes = [step.sandbox for step in scenario.execs]
        assert sandboxes.count("node") >= 2
        assert set(sandboxes) <= {"", "node"}


def test_scenarios_name_real_workloads_and_execs() -> None:
    for id in BROKEN:
        for draw in DRAWS:
            scenario = catalogue.by_id(id).propose(SETUP, draw)
            ids = [step.id for step in scenario.steps]
            assert len(ids) == len(set(ids))
            for step in scenario.steps:
                if isinstance(step, PullStep):
                    assert step.exec in ids[: ids.index(step.id)]
                elif step.workload is not None:
                    SETUP.workload(step.workload)
