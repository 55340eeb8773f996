"""The request, byte for byte."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.corpus.cases import Case, cases
from pullproof.model.request import Request, UnknownProtocolVersion, encode_request

V1 = "credentialprovider.kubelet.k8s.io/v1"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@pytest.mark.rule("K-075", "K-076", "K-077", "K-012")
@pytest.mark.parametrize("case", cases("wire/requests"), ids=lambda case: case.id)
def test_the_bytes_are_the_kubelets(case: Case) -> None:
    request = Request(
        case.input["image"],
        case.input.get("serviceAccountToken", ""),
        tuple(case.input.get("serviceAccountAnnotations", {}).items()),
    )
    assert encode_request(request, case.input["apiVersion"]) == case.expect["stdin"].encode()


@pytest.mark.rule("K-075")
@given(TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=4))
def test_k075_any_request_is_one_line_that_says_what_was_asked(
    image: str, token: str, annotations: dict[str, str]
) -> None:
    data = encode_request(Request(image, token, tuple(annotations.items())), V1)
    assert data.endswith(b"\n")
    assert data.count(b"\n") == 1
    document = json.loads(data)
    assert document["image"] == image
    assert document.get("serviceAccountToken", "") == token
    assert document.get("serviceAccountAnnotations", {}) == annotations
    keys = list(document.get("serviceAccountAnnotations", {}))
    assert keys == sorted(keys, key=str.encode)


@pytest.mark.rule("K-010")
@pytest.mark.parametrize(
    "api_version", ["", "v1", "credentialprovider.kubelet.k8s.io/v2", "x/v1", f"{V1}/"]
)
def test_k010_other_versions_cannot_be_asked_in(api_version: str) -> None:
    with pytest.raises(UnknownProtocolVersion, match="v1alpha1"):
        encode_request(Request("r.example/a"), api_version)


@pytest.mark.rule("I-19")
def test_i19_the_token_is_not_shown() -> None:
    assert "hidden-token" not in repr(Request("r.example/a", "hidden-token"))
