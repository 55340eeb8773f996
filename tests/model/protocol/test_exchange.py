"""What providers answer and exchanges mint."""

import json
from dataclasses import replace

import pytest

from pullproof.model.protocol.answers import ANSWERS, Answer
from pullproof.model.protocol.build import build
from pullproof.model.protocol.context import Context
from pullproof.model.protocol.exchange import accepts
from pullproof.model.protocol.params import AccountParams, Params, PodParams, ProviderParams
from pullproof.model.protocol.rules import LookupRules
from pullproof.model.protocol.values import Keys, Token
from pullproof.model.response import Refusal, judge_response
from tests.model.protocol.walks import Walk

A = "r.test/a"
API_VERSION = "credentialprovider.kubelet.k8s.io/v1"
TOKEN = Token("sa-x", "sa-x.1", "pod-a", "pod-a.1", "audience-p", 0, 2)
PARAMS = Params(
    "test",
    providers=(ProviderParams("p", "sa", answers=tuple(ANSWERS)),),
    accounts=(AccountParams("sa-x", opens=(A,)),),
    pods=(PodParams("pod-a", "sa-x", (A,)),),
    horizon=4,
    credential_ticks=3,
    token_ticks=2,
    purge_ticks=0,
    key_rotation=True,
    thief=True,
)
LOOKUP = "kubelet.looks-up(pod-a,r.test/a)"


def document(answer: Answer) -> bytes:
    """Return an answer as a provider would write it."""
    response: dict[str, object] = {
        "apiVersion": API_VERSION if answer.defect != "version" else f"{API_VERSION}beta1",
        "kind": "CredentialProviderResponse" if answer.defect != "kind" else "Other",
        "auth": {"r.test": {"username": "u", "password": "secret"}},
    }
    if answer.cache_key_type:
        response["cacheKeyType"] = answer.cache_key_type
    if answer.defect == "unknown-field":
        response["more"] = 1
    return json.dumps(response).encode()


@pytest.mark.parametrize("name", [n for n, a in ANSWERS.items() if a.source == "exchange"])
def test_the_machine_refuses_what_the_decoder_does(name: str) -> None:
    answer = ANSWERS[name]
    walk = Walk(build(PARAMS)).do(LOOKUP, f"provider.answers(p,pod-a,{name})")
    refused = walk.do("kubelet.takes(pod-a,p)").seen("refused")
    verdict = judge_response(document(answer), api_version=API_VERSION)
    if answer.defect == "exit":
        assert refused[0]["rule"] == "K-084"
    elif isinstance(verdict, Refusal):
        assert refused[0]["rule"] == verdict.rule
    else:
        assert not refused


@pytest.mark.rule("S-03")
def test_a_minted_credential_ends_with_its_token() -> None:
    walk = Walk(build(PARAMS)).do(LOOKUP, "provider.answers(p,pod-a,image)")
    assert walk.one("minted")["credential"].expires == 2
    excess = replace(PARAMS, excess_ticks=1)
    walk = Walk(build(excess)).do(LOOKUP, "provider.answers(p,pod-a,image)")
    assert walk.one("minted")["credential"].expires == 3


@pytest.mark.rule("S-13")
def test_an_expired_token_in_flight_ends_in_failure() -> None:
    walk = Walk(build(PARAMS)).do(LOOKUP, *["clock.advances()"] * 3)
    walk.do("provider.answers(p,pod-a,image)")
    assert walk.one("answered")["failed"]
    assert walk.seen("exchange-refused")


@pytest.mark.rule("S-02")
@pytest.mark.parametrize(
    ("token", "keys", "now", "verdict"),
    [
        (TOKEN, Keys(), 0, True),
        (TOKEN, Keys(), 2, True),
        (TOKEN, Keys(), 3, False),
        (replace(TOKEN, audience="audience-q"), Keys(), 0, False),
        (replace(TOKEN, audience="audience"), Keys(), 0, False),
        (replace(TOKEN, audience="audience-p+api-server"), Keys(), 0, True),
        (replace(TOKEN, key=1), Keys(), 0, False),
        (replace(TOKEN, key=1), Keys(1, (0, 1), (0, 1)), 0, True),
        (TOKEN, Keys(1, (1,), (1,)), 0, False),
        (replace(TOKEN, key=-1), Keys(), 0, False),
    ],
)
def test_whom_the_exchange_believes(token: Token, keys: Keys, now: int, verdict: bool) -> None:
    context = Context(PARAMS, LookupRules())
    assert accepts(context, token, "audience-p", keys, now) is verdict


@pytest.mark.rule("S-06")
def test_a_stolen_token_works_until_it_expires_and_a_forged_one_never() -> None:
    walk = Walk(build(PARAMS)).do(LOOKUP, "thief.copies(p)", "thief.presents(p)")
    assert walk.seen("minted")
    assert not walk.do("thief.forges(p)").seen("minted")
    walk.do(*["clock.advances()"] * 3, "thief.presents(p)")
    assert not walk.seen("minted")


@pytest.mark.rule("S-02")
def test_a_withdrawn_key_is_trusted_until_keys_are_fetched_again() -> None:
    walk = Walk(build(PARAMS)).do(LOOKUP, "thief.copies(p)")
    walk.do("issuer.rotates()", "exchange.fetches-keys()", "issuer.withdraws()")
    assert walk.do("thief.presents(p)").seen("minted")
    assert not walk.do("exchange.fetches-keys()", "thief.presents(p)").seen("minted")
