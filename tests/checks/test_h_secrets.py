"""Class H: a secret in the wrong place fails the check made for that place."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from pullproof.checks import catalogue
from pullproof.checks.check import Check
from pullproof.model.transcript import Actor, Ending, ProcessSeen, Secret, SecretKind
from pullproof.model.verdict import Outcome
from tests.checks.factory import Answer, FirstDraw, document
from tests.checks.odd_providers import PASS_THROUGH, SETUP
from tests.checks.small_world import PassThrough, Program, Provider, Refused, Visit, play, verdict


class TellsOnFailure(Provider):
    def failure(self, visit: Visit, reason: str) -> Answer:
        return Answer(stderr=f"cannot exchange {visit.token}\n".encode(), exit_code=1)


class TellsInBase64(Provider):
    def failure(self, visit: Visit, reason: str) -> Answer:
        text = base64.b64encode(f"user:{visit.token}".encode())
        return Answer(stderr=b"Authorization: Basic " + text, exit_code=1)


class TellsOnSuccess(Provider):
    def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
        answer = super().success(visit, username, password, life)
        return replace(answer, stderr=f"debug: got {password}\n".encode())


class Logs(Provider):
    path = "cwd/provider.log"
    mode = 0o644

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        visit.write(self.path, f"token={visit.token}".encode(), self.mode)
        return super().exchange(visit)


class LogsPrivately(Logs):
    path = "home/.provider/log"
    mode = 0o600


class Curl(Provider):
    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        argv = ("curl", "-d", f"subject_token={visit.token}")
        visit.children.append(ProcessSeen(argv, ("PATH=/bin",)))
        return super().exchange(visit)


class Helper(Provider):
    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        visit.children.append(ProcessSeen(("helper",), (f"TOKEN={visit.token}",)))
        return super().exchange(visit)


class KeyWithSecret(Provider):
    def key(self, visit: Visit) -> str:
        return f"{visit.image}?{visit.token}"

    def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
        auth = {visit.image: (username, password), self.key(visit): (username, password)}
        return Answer(document(auth, cache_duration="5m"))


class TokenAsUser(Provider):
    def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
        return super().success(visit, visit.token, password, life)


class InTheQuery(Provider):
    def ask(self, visit: Visit) -> tuple[int, bytes]:
        return visit.ask(target=f"/exchange?token={visit.token}")


class InTheAgent(Provider):
    def ask(self, visit: Visit) -> tuple[int, bytes]:
        return visit.ask(agent=f"provider/1 {visit.token}")


class ShipsLogs(Provider):
    def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
        visit.send(Actor.PROXY, password.encode())
        return super().success(visit, username, password, life)


class AsksStrangers(Provider):
    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        visit.send(Actor.CANARY, visit.token.encode())
        return super().exchange(visit)


class CopiesBodies(Provider):
    def read(self, status: int, body: bytes) -> tuple[str, str, int | None]:
        try:
            return super().read(status, body)
        except Refused as reason:
            raise Refused(f"{reason}: {body.decode()}") from None


class DumpsCore(Provider):
    def failure(self, visit: Visit, reason: str) -> Answer:
        more = {"core_dumped": True}
        return Answer(ending=Ending.SIGNALED, exit_code=None, signal=6, extra=more)


BROKEN: dict[str, tuple[Program, ...]] = {
    "H01": (TellsOnFailure(), TellsInBase64(), CopiesBodies()),
    "H02": (Logs(),),
    "H03": (Logs(), LogsPrivately()),
    "H04": (Curl(), Helper()),
    "H05": (KeyWithSecret(),),
    "H06": (TokenAsUser(),),
    "H07": (InTheQuery(), InTheAgent()),
    "H08": (ShipsLogs(), AsksStrangers()),
    "H09": (CopiesBodies(),),
    "H10": (TellsOnSuccess(),),
    "H11": (DumpsCore(),),
}


@pytest.mark.rule("S-12")
@pytest.mark.parametrize(
    ("id", "program"), [(id, program) for id, programs in BROKEN.items() for program in programs]
)
def test_a_leak_fails_its_check(id: str, program: Program) -> None:
    check = catalogue.by_id(id)
    transcript = play(SETUP, check.propose(SETUP, FirstDraw()), program)
    found = check.judge(SETUP, transcript)
    assert found.failed, found
    assert found.rule in check.rules
    for secret in transcript.secrets:
        assert secret.value not in found.message


@pytest.mark.parametrize("id", [id for id in BROKEN if id != "H04"])
def test_a_correct_provider_passes(id: str) -> None:
    assert verdict(catalogue.by_id(id), SETUP, Provider()).outcome is Outcome.PASS


def judge(id: str, program: Program, **changes: Any) -> Outcome:
    """Return the outcome after changing every exec of the transcript."""
    check: Check = catalogue.by_id(id)
    transcript = play(SETUP, check.propose(SETUP, FirstDraw()), program)
    execs = tuple(replace(exec, **changes) for exec in transcript.execs)
    return check.judge(SETUP, replace(transcript, execs=execs)).outcome


class TestWhatIsAllowed:
    def test_children_without_secrets(self) -> None:
        child = ProcessSeen(("curl", "--config", "-"), ("PATH=/bin",))
        assert judge("H04", Provider(), children=(child,)) is Outcome.PASS

    def test_an_inherited_environment(self) -> None:
        secret = "a-secret-of-the-user-1"
        check = catalogue.by_id("H04")
        transcript = play(SETUP, check.propose(SETUP, FirstDraw()), Provider())
        child = ProcessSeen(("helper",), (f"VAULT_TOKEN={secret}",))
        own = tuple(
            replace(exec, env=(("VAULT_TOKEN", secret),), children=(child,))
            for exec in transcript.execs
        )
        secrets = (*transcript.secrets, Secret(SecretKind.USER, "", secret))
        given = replace(transcript, execs=own, secrets=secrets)
        assert check.judge(SETUP, given).outcome is Outcome.PASS
        bare = tuple(replace(exec, env=()) for exec in own)
        assert check.judge(SETUP, replace(given, execs=bare)).failed

    def test_a_readable_file_in_a_directory_of_its_own(self) -> None:
        class Nested(Logs):
            path = "home/.provider/log"

        assert not verdict(catalogue.by_id("H02"), SETUP, Nested()).failed

    @pytest.mark.rule("K-085")
    def test_stderr_of_a_success_is_not_in_the_kubelet_log(self) -> None:
        assert not verdict(catalogue.by_id("H01"), SETUP, TellsOnSuccess()).failed

    @pytest.mark.rule("S-68")
    def test_the_token_as_password_is_no_leak(self) -> None:
        for id in ("H05", "H06"):
            assert not verdict(catalogue.by_id(id), PASS_THROUGH, PassThrough()).failed

    def test_a_connect_through_the_proxy(self) -> None:
        class Connects(Provider):
            def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
                visit.send(Actor.PROXY, b"", method="CONNECT")
                return super().exchange(visit)

        assert verdict(catalogue.by_id("H08"), SETUP, Connects()).outcome is Outcome.PASS

    def test_error_codes_of_the_exchange_on_stderr(self) -> None:
        class Tells(Provider):
            def read(self, status: int, body: bytes) -> tuple[str, str, int | None]:
                if status != 200:
                    code = json.loads(body).get("error")
                    return super().read(status, json.dumps({"error": code}).encode())
                return super().read(status, body)

        for id in ("H01", "H09"):
            assert verdict(catalogue.by_id(id), SETUP, Tells()).outcome is Outcome.PASS
