"""One exec, what the kubelet does with it, and the sentence that says so."""

import json
from dataclasses import replace
from typing import Any

import pytest

from pullproof.corpus.cases import Case, cases
from pullproof.model.provider import CacheType, ProviderConfig, TokenAttributes
from pullproof.model.reaction import image_of, react, signal_text
from pullproof.model.request import Request, encode_request
from pullproof.model.response import Stage
from pullproof.model.setup import Setup
from pullproof.model.transcript import Ending, Exec
from pullproof.model.versions import NEWEST_MINOR, OLDEST_MINOR, KubeletVersion

V1 = "credentialprovider.kubelet.k8s.io/v1"
MINUTE = 60 * 10**9
SETUP = Setup(
    provider=ProviderConfig("provider", ("registry.example",), 10 * MINUTE),
    command=("/bin/provider",),
)
TOKEN_MODE = replace(
    SETUP,
    provider=replace(SETUP.provider, token_attributes=TokenAttributes("registry.example", True)),
)
EXEC = Exec(
    step="a",
    argv=("/bin/provider",),
    env=(),
    cwd="/",
    stdin=encode_request(Request("registry.example/app"), V1),
    stdout=b"",
    stderr=b"",
    ending=Ending.EXITED,
    exit_code=0,
)


def answering(**changes: object) -> Exec:
    """Return an exec that ended well with a response."""
    members: dict[str, object] = {
        "kind": "CredentialProviderResponse",
        "apiVersion": V1,
        "cacheKeyType": "Registry",
        "cacheDuration": "5m",
        "auth": {"registry.example": {"username": "marker-user", "password": "marker-pass"}},
    }
    return replace(EXEC, stdout=json.dumps({**members, **changes}).encode())


def exec_of(case: Case) -> Exec:
    fields = dict(case.input)
    fields["ending"] = Ending(fields["ending"])
    fields["stdout"] = case.input_bytes("stdout")
    fields["stderr"] = case.input_bytes("stderr")
    return replace(EXEC, exit_code=fields.pop("exit_code", None), **fields)


@pytest.mark.rule("K-082", "K-084", "K-085", "K-090", "K-091", "K-105")
@pytest.mark.parametrize("case", cases("wire/execs"), ids=lambda case: case.id)
def test_an_exec_ends_as_the_table_says(case: Case) -> None:
    for minor in range(OLDEST_MINOR, NEWEST_MINOR + 1):
        version = KubeletVersion(minor)
        if not case.applies_to(version):
            continue
        reaction = react(replace(SETUP, version=version), exec_of(case))
        found: dict[str, Any] = {
            "accepted": reaction.accepted,
            "rule": reaction.rule,
            "log": reaction.log,
        }
        expected = dict(case.expect)
        if version.logs_structured and expected["log"]:
            assert found.pop("log").startswith('"Failed to provide credentials for image" err=')
            del expected["log"]
        assert found == expected
        assert reaction.rule in reaction.sentence
        assert (reaction.response is not None) == reaction.accepted


class TestSentences:
    def test_a_refused_response(self) -> None:
        reaction = react(SETUP, answering(cacheKeyType="registry"))
        assert reaction.sentence == (
            'the kubelet drops the whole response (K-093: cacheKeyType "registry" is none of '
            "Image, Registry, Global) and pulls without this provider's credentials"
        )
        assert reaction.refusal is not None
        assert reaction.refusal.stage is Stage.CACHE_KEY_TYPE

    def test_a_failed_exec(self) -> None:
        reaction = react(SETUP, replace(answering(), exit_code=3))
        assert reaction.sentence == (
            "the kubelet logs that the provider ended with exit status 3 (K-084), ignores its "
            "output and pulls without this provider's credentials"
        )
        assert reaction.refusal is None

    def test_an_open_pipe(self) -> None:
        late = replace(answering(), duration_s=70.0, exit_after_s=1.0)
        assert "stayed open beyond 60 s" in react(SETUP, late).sentence
        assert "took longer than 2.5 s" in react(
            replace(SETUP, deadline_s=2.5), replace(late, exit_after_s=70.0)
        ).sentence  # fmt: skip

    @pytest.mark.rule("K-105")
    @pytest.mark.parametrize(
        ("duration", "words"),
        [
            ("5m", "caches the answer for 5m0s, under cacheKeyType Registry"),
            (None, "caches the answer for 10m0s, the configured default, under"),
            ("0", "keeps the answer for this pull only (K-105)"),
            ("-1s", "as its cacheDuration is negative"),
        ],
    )
    def test_a_used_response(self, duration: str | None, words: str) -> None:
        sentence = react(SETUP, answering(cacheDuration=duration)).sentence
        assert sentence.startswith("the kubelet takes 1 credential and ")
        assert words in sentence

    def test_an_empty_answer(self) -> None:
        sentence = react(SETUP, answering(auth={})).sentence
        assert sentence.startswith("the kubelet gets no credential from this provider and caches")


@pytest.mark.rule("K-094")
class TestK094EchoGuard:
    """The guard uses the token of the exec and the provider's cacheType."""

    echo = replace(
        answering(auth={"r.example": {"username": "u", "password": "sent-token"}}),
        token="sent-token",
    )

    def test_an_echo_is_refused(self) -> None:
        assert react(TOKEN_MODE, self.echo).rule == "K-094"

    def test_an_echo_is_allowed_with_cache_type_token(self) -> None:
        attributes = TokenAttributes("registry.example", True, CacheType.TOKEN)
        provider = replace(SETUP.provider, token_attributes=attributes)
        assert react(replace(SETUP, provider=provider), self.echo).accepted

    def test_an_echo_is_allowed_before_the_guard(self) -> None:
        assert react(replace(TOKEN_MODE, version=KubeletVersion(33)), self.echo).accepted


@pytest.mark.rule("K-081")
def test_k081_a_verdict_on_cut_off_output_is_not_certain() -> None:
    cut = replace(answering(), stdout=answering().stdout[:-5], stdout_truncated=True)
    assert not react(SETUP, cut).certain
    assert react(SETUP, answering()).certain
    assert react(SETUP, replace(answering(), exit_code=1, stdout_truncated=True)).certain


@pytest.mark.rule("I-19")
@pytest.mark.parametrize(
    "changes",
    [
        {"exit_code": 1},
        {"ending": Ending.SIGNALED, "signal": 9, "exit_code": None},
        {"ending": Ending.TIMED_OUT, "exit_code": None},
        {"ending": Ending.NOT_STARTED, "exit_code": None, "start_error": "gone"},
        {"stdout": answering(kind="marker-pass").stdout},
        {"stdout": answering(extra=1).stdout},
        {},
    ],
)
def test_i19_no_sentence_and_no_repr_holds_a_secret(changes: dict[str, object]) -> None:
    run = replace(answering(), stderr=b"marker-token marker-pass", token="marker-token", **changes)  # type: ignore[arg-type]
    reaction = react(TOKEN_MODE, run)
    for secret in ("marker-token", "marker-pass", "marker-user"):
        assert secret not in reaction.sentence
    assert "marker-token" not in repr(reaction)
    assert "marker-pass" not in repr(reaction)


@pytest.mark.parametrize(
    ("stdin", "image"),
    [
        (EXEC.stdin, "registry.example/app"),
        (b"{", ""),
        (b"[]", ""),
        (b'{"image":1}', ""),
        (b'{"kind":"x"}', ""),
    ],
)
def test_the_image_is_read_from_the_request(stdin: bytes, image: str) -> None:
    assert image_of(replace(EXEC, stdin=stdin)) == image


def test_signals_are_named_as_on_linux() -> None:
    assert signal_text(15) == "terminated"
    assert signal_text(6, core_dumped=True) == "aborted (core dumped)"
    assert signal_text(0) == "signal 0"
