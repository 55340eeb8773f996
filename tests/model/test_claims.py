"""The payload of bound and legacy tokens, and the grammar of names."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.model.claims import (
    BoundToken,
    Ref,
    encode_claims,
    is_namespace,
    is_service_account_name,
    legacy_claims,
    split_subject,
)

TOKEN = BoundToken(
    issuer="https://issuer.example",
    audiences=("registry.example",),
    namespace="team-a",
    service_account=Ref("puller", "9e8f"),
    issued_s=1795479600,
    expires_s=1795483200,
    jti="2b7c1c0e-0e0f-4a53-9d36-2f4d4f5d9f11",
    pod=Ref("web-0", "1c2d"),
    node=Ref("node-1", "6a0f"),
)

# The example of section 1.2, with its two shortened uids as they are used here.
EXAMPLE = (
    '{"aud":["registry.example"],"exp":1795483200,"iat":1795479600,'
    '"iss":"https://issuer.example","jti":"2b7c1c0e-0e0f-4a53-9d36-2f4d4f5d9f11",'
    '"kubernetes.io":{"namespace":"team-a","node":{"name":"node-1","uid":"6a0f"},'
    '"pod":{"name":"web-0","uid":"1c2d"},"serviceaccount":{"name":"puller","uid":"9e8f"}},'
    '"nbf":1795479600,"sub":"system:serviceaccount:team-a:puller"}'
)


@pytest.mark.rule("T-010", "T-011", "T-012", "T-016", "T-017", "T-018", "T-019", "T-020")
def test_the_payload_is_the_example_of_the_spec_byte_for_byte() -> None:
    assert encode_claims(TOKEN.claims()).decode() == EXAMPLE


@pytest.mark.rule("T-014")
def test_t014_issue_and_start_are_one_time() -> None:
    claims = TOKEN.claims()
    assert claims["iat"] == claims["nbf"] == TOKEN.issued_s


@pytest.mark.rule("T-025")
def test_t025_an_empty_uid_disappears() -> None:
    claims = json.loads(encode_claims(replace(TOKEN, node=Ref("node-1")).claims()))
    assert claims["kubernetes.io"]["node"] == {"name": "node-1"}


@pytest.mark.rule("T-019", "T-020")
def test_what_a_token_is_not_bound_to_is_absent() -> None:
    claims = json.loads(encode_claims(replace(TOKEN, node=None, pod=None).claims()))
    assert claims["kubernetes.io"].keys() == {"namespace", "serviceaccount"}


@pytest.mark.rule("T-044")
def test_t044_a_pull_token_never_warns() -> None:
    assert b"warnafter" not in encode_claims(TOKEN.claims())


@pytest.mark.rule("T-080")
def test_t080_a_legacy_token_is_flat_and_endless() -> None:
    claims = legacy_claims("team-a", Ref("puller", "9e8f"), "puller-token-x")
    assert claims.keys() == {
        "iss",
        "sub",
        "kubernetes.io/serviceaccount/namespace",
        "kubernetes.io/serviceaccount/secret.name",
        "kubernetes.io/serviceaccount/service-account.name",
        "kubernetes.io/serviceaccount/service-account.uid",
    }
    assert claims["iss"] == "kubernetes/serviceaccount"


def is_label(text: str) -> bool:
    """RFC 1123 label, the slow way."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    return (
        1 <= len(text) <= 63
        and all(c in letters + "-" for c in text)
        and text[0] in letters
        and text[-1] in letters
    )


NAMES = st.text("ab0-.:AZé ", max_size=8) | st.text("a", min_size=60, max_size=66)


@pytest.mark.rule("T-026", "T-027")
class TestT026NamesAreRfc1123:
    @given(NAMES)
    def test_namespaces_are_labels(self, text: str) -> None:
        assert is_namespace(text) == is_label(text)

    @given(NAMES)
    def test_account_names_are_subdomains(self, text: str) -> None:
        # Kubernetes bounds the whole name only; the parts have no limit of
        # their own in its regular expression.
        parts = text.split(".")
        expected = len(text) <= 253 and all(
            is_label(part) or (len(part) > 63 and is_label(part[:63])) for part in parts
        )
        assert is_service_account_name(text) == expected

    @given(NAMES, NAMES)
    def test_a_subject_has_exactly_four_fields(self, namespace: str, name: str) -> None:
        subject = f"system:serviceaccount:{namespace}:{name}"
        good = is_namespace(namespace) and is_service_account_name(name)
        assert split_subject(subject) == ((namespace, name) if good else None)

    def test_a_final_newline_is_no_part_of_a_name(self) -> None:
        assert not is_namespace("team-a\n")
        assert split_subject("system:serviceaccount:team-a:puller\n") is None
