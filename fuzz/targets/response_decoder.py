#!/usr/bin/env python3
"""A response is accepted only as the one strict document, and refused without telling a secret.

What is accepted, written anew from its values and with spaces in it, is the
same response; no password is the token that was sent; every refusal names its
stage, its rule and the kubelet's log line, and its detail shows neither the
token nor a password.

Source: K-090 to K-098, I-19.
"""

import json
from collections.abc import Iterator

from pullproof.corpus.cases import cases
from pullproof.fuzz.targets.support.json_mutator import json_mutator
from pullproof.model.durations import format_duration
from pullproof.model.provider import CacheType
from pullproof.model.response import RULES, Refusal, Response, judge_response

API_VERSION = "credentialprovider.kubelet.k8s.io/v1"
TOKEN = "marker-token-0123456789"
"""Sent with the request; seeds and dictionary know it."""
mutate = json_mutator(
    (
        "kind", "apiVersion", "cacheKeyType", "cacheDuration", "auth", "username", "password",
        "CredentialProviderResponse", API_VERSION, "credentialprovider.kubelet.k8s.io/v1beta1",
        "Image", "Registry", "Global", "image", "5m", "1h0m0s", "-1ns", "registry.example", TOKEN,
    )
)  # fmt: skip


def check(data: bytes) -> None:
    """Judge `data` as the stdout of a provider."""
    found = judge_response(data, api_version=API_VERSION, sent_token=TOKEN)
    if isinstance(found, Refusal):
        _check_refusal(found, data)
        return
    assert all(entry.password != TOKEN for entry in found.auth), "the token is a password (K-094)"
    assert found.cache_key_type in ("Image", "Registry", "Global"), "an unknown cacheKeyType"
    keys = [entry.auth_key for entry in found.auth]
    assert len(keys) == len(set(keys)), "an auth key comes twice"
    per_token = judge_response(
        data, api_version=API_VERSION, sent_token=TOKEN, cache_type=CacheType.TOKEN
    )
    assert per_token == found, "cacheType Token refuses what others take"
    for indent in (None, 1):
        again = judge_response(_written(found, indent), api_version=API_VERSION)
        assert again == found, "the same response, written anew, is another one"


def from_corpus() -> Iterator[bytes]:
    """Yield the responses of the corpus, and one that echoes the token."""
    document = {"kind": "CredentialProviderResponse", "apiVersion": API_VERSION}
    entry = {"username": "u", "password": TOKEN}
    echo = {**document, "cacheKeyType": "Image", "auth": {"r.example": entry}}
    yield json.dumps(echo).encode()
    for case in cases("wire/responses"):
        data = case.input_bytes("stdout")
        if len(data) < 4096:
            yield data


def _check_refusal(refusal: Refusal, data: bytes) -> None:
    assert refusal.rule == RULES[refusal.stage], "another stage's rule"
    assert refusal.kubelet_message, "the kubelet logs something"
    assert refusal.detail, "no diagnosis"
    assert TOKEN not in refusal.detail, "the diagnosis shows the token"
    for password in _passwords(data):
        # Short ones, and words that any diagnosis has, prove nothing.
        assert password not in refusal.detail, "the diagnosis shows a password"


def _passwords(data: bytes) -> Iterator[str]:
    """Yield texts that stand where a password stands, and are like no other text."""
    if b"pass-" not in data:
        return
    try:
        auth = json.loads(data)["auth"].values()
        texts = [entry["password"] for entry in auth]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return
    yield from (text for text in texts if isinstance(text, str) and text.startswith("pass-"))


def _written(response: Response, indent: int | None) -> bytes:
    document: dict[str, object] = {
        "auth": {
            entry.auth_key: {"password": entry.password, "username": entry.username}
            for entry in response.auth
        },
        "cacheKeyType": str(response.cache_key_type),
        "kind": "CredentialProviderResponse",
        "apiVersion": API_VERSION,
    }
    if response.cache_duration_ns is not None:
        document["cacheDuration"] = format_duration(response.cache_duration_ns)
    return json.dumps(document, indent=indent).encode()


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
