"""Cache keys and lives."""

import hashlib
import struct
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.corpus.cases import Case, cases, to_bytes
from pullproof.model.cache import (
    KeyTooLong,
    base_key,
    cache_key,
    registry_of,
    service_account_key,
    store,
    token_hash,
)
from pullproof.model.images import repo_name
from pullproof.model.provider import CacheKeyType, CacheType
from pullproof.model.versions import KubeletVersion

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
ANNOTATIONS = st.dictionaries(TEXT, TEXT, max_size=3)


def text_of(value: Any) -> str:
    return to_bytes(value).decode()


def outcome(build: Callable[[], bytes]) -> dict[str, Any]:
    """Return a key in the form of the corpus."""
    try:
        key = build()
    except KeyTooLong:
        return {"error": "KeyTooLong"}
    if len(key) > 1000:
        return {"sha256_of_key": hashlib.sha256(key).hexdigest(), "size": len(key)}
    return {"key_hex": key.hex()}


def naive_key(parts: list[str], annotations: dict[str, str], token: str | None) -> bytes:
    """A second, slow builder, written from K-102 alone."""

    def one(text: str) -> bytes:
        data = text.encode()
        return bytes([len(data) // 256, len(data) % 256]) + data

    key = b"".join(one(part) for part in parts) + struct.pack(">I", len(annotations))
    for name in sorted(annotations, key=str.encode):
        key += one(name) + one(annotations[name])
    if token is not None:
        digest = "sha256:" + hashlib.sha256(token.encode()).hexdigest() if token else ""
        key += one("token") + one(digest)
    return key


@pytest.mark.rule("K-102", "K-104")
class TestK102ServiceAccountKeys:
    """Coordinates and selected annotations, and with cacheType Token the token."""

    @pytest.mark.parametrize("case", cases("wire/service-account-keys"), ids=lambda case: case.id)
    def test_the_key_is_the_kubelets(self, case: Case) -> None:
        asked = case.input
        annotations = [(name, text_of(value)) for name, value in asked["annotations"].items()]
        names = [text_of(asked[part]) for part in ("namespace", "name", "uid")]
        cache_type = CacheType(asked["cacheType"]) if "cacheType" in asked else None

        def build() -> bytes:
            return service_account_key(
                names[0], names[1], names[2], annotations, cache_type, asked.get("token", "")
            )

        found = outcome(build)
        assert found == case.expect

    @given(st.tuples(TEXT, TEXT, TEXT), ANNOTATIONS, TEXT)
    def test_it_agrees_with_a_naive_builder(
        self, names: tuple[str, str, str], annotations: dict[str, str], token: str
    ) -> None:
        pairs = annotations.items()
        assert service_account_key(*names, pairs) == naive_key([*names], annotations, None)
        assert service_account_key(*names, pairs, CacheType.TOKEN, token) == naive_key(
            [*names], annotations, token
        )

    @given(st.tuples(TEXT, TEXT, TEXT, ANNOTATIONS), st.tuples(TEXT, TEXT, TEXT, ANNOTATIONS))
    def test_different_lookups_never_share_a_key(
        self, one: tuple[str, str, str, dict[str, str]], other: tuple[str, str, str, dict[str, str]]
    ) -> None:
        keys = [
            service_account_key(namespace, name, uid, pairs.items())
            for namespace, name, uid, pairs in (one, other)
        ]
        assert (keys[0] == keys[1]) == (one == other)

    def test_the_order_of_annotations_does_not_matter(self) -> None:
        pairs = [("b", "1"), ("a", "2")]
        assert service_account_key("n", "s", "u", pairs) == service_account_key(
            "n", "s", "u", reversed(pairs)
        )


@pytest.mark.rule("K-102")
def test_k102_an_empty_token_has_an_empty_hash() -> None:
    assert token_hash("") == ""
    assert token_hash("token") == (
        "sha256:3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0"
    )


@pytest.mark.rule("K-101", "K-104")
class TestK101CacheKeys:
    """Base, then the service account part, each with its length."""

    @pytest.mark.parametrize("case", cases("wire/cache-keys"), ids=lambda case: case.id)
    def test_the_key_is_the_kubelets(self, case: Case) -> None:
        asked = case.input
        account = bytes.fromhex(text_of(asked["service_account_key_hex"]))
        for version in (KubeletVersion(33), KubeletVersion(34)):
            if case.applies_to(version):
                base = base_key(
                    CacheKeyType(asked["cacheKeyType"]), text_of(asked["repo_name"]), version
                )
                assert outcome(partial(cache_key, base, account)) == case.expect

    def test_global_is_no_registry_since_1_34(self) -> None:
        bases = [base_key(CacheKeyType.GLOBAL, "global", KubeletVersion(m)) for m in (33, 34)]
        assert bases == ["global", "<global>"]
        assert registry_of("global/app") == "global"

    def test_no_image_is_of_a_registry_of_that_name(self) -> None:
        assert [registry_of(repo_name(image)) for image in ("global", "global/app")] == [
            "docker.io",
            "docker.io",
        ]
        assert registry_of(repo_name("global:5000/app")) == "global:5000"

    def test_the_error_tells_what_was_too_long(self) -> None:
        with pytest.raises(KeyTooLong) as caught:
            cache_key("x" * 65536)
        assert (caught.value.what, caught.value.size) == ("base", 65536)


@pytest.mark.rule("K-105")
@pytest.mark.parametrize("case", cases("wire/cache-lives"), ids=lambda case: case.id)
def test_k105_a_response_lives_as_long_as_the_table_says(case: Case) -> None:
    assert store(case.input["cacheDurationNs"], case.input["defaultNs"]) == case.expect["stored_ns"]
