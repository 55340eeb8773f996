"""The two halves of a lookup as values; whole traces are in tests/oracle."""

import json

import pytest

from pullproof.model.cache import KeyTooLong, flight_key
from pullproof.model.gocase import to_lower
from pullproof.model.provide import Cache, Entry, Exec, Outcome, Pod, ServiceAccount, begin, finish
from pullproof.model.provider import CacheType, ProviderConfig, TokenAttributes

IMAGE = "registry.example/app"
TOKENS = ProviderConfig(
    "p",
    ("registry.example",),
    default_cache_duration_ns=0,
    token_attributes=TokenAttributes(
        "audience", require_service_account=False, cache_type=CacheType.TOKEN
    ),
)
POD = Pod("ns", "pod", "uid", "sa")
ANSWER = {
    "kind": "CredentialProviderResponse",
    "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
    "cacheKeyType": "Image",
    "cacheDuration": "1m",
    "auth": {"registry.example": {"username": "u", "password": "p"}},
}


def test_a_lookup_leaves_the_cache_it_was_given_alone() -> None:
    before = Cache(0)
    step, cache = begin(TOKENS, before, 0, IMAGE, Pod("ns"))
    assert isinstance(step, Exec)
    outcome, after = finish(TOKENS, cache, 0, step, json.dumps(ANSWER).encode())
    assert outcome.auth
    assert len(after.entries) == 1
    assert before == Cache(0)


@pytest.mark.rule("K-104")
def test_an_annotation_too_long_for_a_key_means_no_credentials() -> None:
    attributes = TokenAttributes("a", True, optional_annotation_keys=("key",))
    provider = ProviderConfig("p", ("registry.example",), 0, token_attributes=attributes)
    account = ServiceAccount("uid", (("key", "x" * 65_536),))
    step, _ = begin(provider, Cache(0), 0, IMAGE, POD, account, "token")
    assert step == Outcome(rule="K-104")


@pytest.mark.rule("K-102", "K-121")
def test_another_token_is_another_flight_and_another_entry() -> None:
    keys: set[bytes] = set()
    for token in ("one", "two"):
        step, _ = begin(TOKENS, Cache(0), 0, IMAGE, POD, ServiceAccount("uid"), token)
        assert isinstance(step, Exec)
        keys |= {step.flight_key, step.account_key}
    assert len(keys) == 4


@pytest.mark.rule("K-120")
def test_a_flight_key_without_an_account_is_the_bare_repo_name() -> None:
    assert flight_key(IMAGE) == IMAGE.encode()
    assert flight_key("r", "", ()) == b"\0\1r\0\0\0\0\0\0"
    with pytest.raises(KeyTooLong):
        flight_key("x" * 65_536, "", ())


@pytest.mark.rule("K-106")
def test_reading_an_expired_entry_drops_it() -> None:
    cache = Cache(0, (Entry(b"k", (), 5),))
    assert cache.get(b"k", 5) == (cache.entries[0], cache)
    assert cache.get(b"k", 6) == (None, Cache(0))


def test_no_repr_holds_a_secret() -> None:
    step, _ = begin(TOKENS, Cache(0), 0, IMAGE, POD, ServiceAccount("uid"), "s3cr3t-token")
    assert "s3cr3t-token" not in repr(step)


@pytest.mark.parametrize(
    ("text", "lower"), [("ABC", "abc"), ("\u0130", "i"), ("A\udcff", "a\ufffd"), ("\u212a", "k")]
)
def test_lower_case_is_that_of_go(text: str, lower: str) -> None:
    assert to_lower(text) == lower
