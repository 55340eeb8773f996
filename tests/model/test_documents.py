"""Three opinions on one document: our decoder, the JSON Schema, the typed model.

The decoder is the judge. Where one of the other two cannot follow it, the
table below names the cases and the reason; a difference that is not in the
table fails, and so does a row that is no difference any more.
"""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from pullproof import schemas
from pullproof.corpus.cases import Case, cases
from pullproof.model.config import ConfigErrors, read_config
from pullproof.model.documents import CONFIGS, REQUESTS, RESPONSES, ResponseV1
from pullproof.model.versions import NEWEST_MINOR, KubeletVersion

V1 = "credentialprovider.kubelet.k8s.io/v1"
WORDS = {"credential-provider-response": RESPONSES, "credential-provider-config": CONFIGS}

# Prefix of case ids -> who wrongly accepts, and why it cannot know better.
RESPONSE_DIFFERENCES = {
    "K-091-api-version-twice": ("both", "duplicates are gone once JSON is parsed"),
    "K-091-duplicate": ("both", "duplicates are gone once JSON is parsed"),
    "K-091-escaped-name-is-a-duplicate": ("both", "duplicates are gone once JSON is parsed"),
    "K-094-": ("both", "neither knows the token that was sent"),
    "K-095-no-duration-overflow": ("schema", "a pattern cannot add numbers"),
    "K-095-no-duration-one-too": ("schema", "a pattern cannot add numbers"),
    "K-095-no-duration-sum-overflows": ("schema", "a pattern cannot add numbers"),
}


def schema_accepts(name: str, document: Any) -> bool:
    validator: Any = Draft202012Validator(schemas.load(name))
    return bool(validator.is_valid(document))


def model_accepts(name: str, api_version: str, document: Any) -> bool:
    try:
        WORDS[name][api_version].model_validate(document)
    except ValidationError:
        return False
    return True


def parsed(case: Case) -> Any:
    """Return the document of a case as Python's parser has it, or None."""
    try:
        return json.loads(case.input_bytes("stdout").decode("utf-8", "replace"))
    except (ValueError, RecursionError):  # the parser's own verdict
        return None


RESPONSES_OF_TODAY = [
    case for case in cases("wire/responses") if case.applies_to(KubeletVersion(NEWEST_MINOR))
]


@pytest.mark.rule("K-091", "K-093", "K-095", "K-096")
def test_on_responses_all_three_agree_or_the_table_says_why() -> None:
    differing: set[str] = set()
    for case in RESPONSES_OF_TODAY:
        document = parsed(case)
        if document is None:
            assert case.expect["verdict"] == "refuse"
            continue
        api_version = case.input.get("apiVersion", V1)
        name = "credential-provider-response"
        opinions = {
            "schema": schema_accepts(f"{name}-{api_version.partition('/')[2]}", document),
            "model": model_accepts(name, api_version, document),
        }
        wrong = {
            who for who, says in opinions.items() if says != (case.expect["verdict"] == "accept")
        }
        row = next((prefix for prefix in RESPONSE_DIFFERENCES if case.id.startswith(prefix)), None)
        if wrong:
            assert row is not None, f"{case.id}: {wrong} differ from the kubelet"
            who = RESPONSE_DIFFERENCES[row][0]
            assert wrong == ({"schema", "model"} if who == "both" else {who})
            differing.add(row)
    assert differing == set(RESPONSE_DIFFERENCES)


@pytest.mark.rule("K-075", "K-076", "K-012")
@pytest.mark.parametrize("case", cases("wire/requests"), ids=lambda case: case.id)
def test_every_request_of_the_kubelet_is_valid(case: Case) -> None:
    document = json.loads(case.expect["stdin"])
    version = case.input["apiVersion"].partition("/")[2]
    assert schema_accepts(f"credential-provider-request-{version}", document)
    REQUESTS[case.input["apiVersion"]].model_validate(document)
    others = {"v1alpha1", "v1beta1", "v1"} - {version}
    assert not any(schema_accepts(f"credential-provider-request-{v}", document) for v in others)


@pytest.mark.rule("D-B5")
@pytest.mark.parametrize("version", ["v1alpha1", "v1beta1", "v1"])
def test_d_b5_a_member_of_a_newer_kubelet_is_no_error(version: str) -> None:
    api_version = f"credentialprovider.kubelet.k8s.io/{version}"
    document: dict[str, Any] = {
        "kind": "CredentialProviderRequest",
        "apiVersion": api_version,
        "image": "r.example/a",
        "newMember": {},
    }
    assert schema_accepts(f"credential-provider-request-{version}", document)
    REQUESTS[api_version].model_validate(document)


def config(
    version: str = "v1", provider: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": "provider",
        "matchImages": ["registry.example"],
        "defaultCacheDuration": "10m",
        "apiVersion": V1,
    }
    entry = {
        name: value for name, value in {**entry, **(provider or {})}.items() if value is not ...
    }
    return {
        "kind": "CredentialProviderConfig",
        "apiVersion": f"kubelet.config.k8s.io/{version}",
        "providers": [entry],
        **changes,
    }


def tokens(**changes: Any) -> dict[str, Any]:
    attributes = {
        "serviceAccountTokenAudience": "a",
        "cacheType": "Token",
        "requireServiceAccount": True,
    }
    merged = {**attributes, **changes}
    return {"tokenAttributes": {name: item for name, item in merged.items() if item is not ...}}


CONFIG_CASES: dict[str, dict[str, Any]] = {
    "plain": config(),
    "plain in v1alpha1": config("v1alpha1"),
    "plain in v1beta1": config("v1beta1"),
    "tokens": config(provider=tokens()),
    "tokens with keys": config(
        provider=tokens(requiredServiceAccountAnnotationKeys=["a/b"], cacheType="ServiceAccount")
    ),
    "tokens null": config(provider={"tokenAttributes": None}),
    "tokens in v1beta1": config("v1beta1", provider=tokens()),
    "tokens without audience": config(provider=tokens(serviceAccountTokenAudience="")),
    "tokens without cacheType": config(provider=tokens(cacheType=...)),
    "tokens of unknown cacheType": config(provider=tokens(cacheType="Image")),
    "tokens without requireServiceAccount": config(provider=tokens(requireServiceAccount=...)),
    "tokens with unknown field": config(provider=tokens(extra=1)),
    "args and env": config(provider={"args": ["a"], "env": [{"name": "A", "value": "1"}]}),
    "args null": config(provider={"args": None, "env": None}),
    "env with unknown field": config(provider={"env": [{"name": "A", "valueFrom": {}}]}),
    "args a text": config(provider={"args": "a"}),
    "no providers": config(providers=[]),
    "providers absent": {
        "kind": "CredentialProviderConfig",
        "apiVersion": "kubelet.config.k8s.io/v1",
    },
    "unknown field": config(extra=1),
    "wrong kind": config(kind="CredentialProviderRequest"),
    "name with slash": config(provider={"name": "a/b"}),
    "name with space": config(provider={"name": "a b"}),
    "name dot": config(provider={"name": "."}),
    "no matchImages": config(provider={"matchImages": []}),
    "matchImages absent": config(provider={"matchImages": ...}),
    "duration absent": config(provider={"defaultCacheDuration": ...}),
    "duration negative": config(provider={"defaultCacheDuration": "-1s"}),
    "duration zero": config(provider={"defaultCacheDuration": "0"}),
    "duration a number": config(provider={"defaultCacheDuration": 60}),
    "duration no duration": config(provider={"defaultCacheDuration": "1d"}),
    "apiVersion absent": config(provider={"apiVersion": ...}),
    "apiVersion unknown": config(provider={"apiVersion": "v1"}),
    "unknown provider field": config(provider={"matchImage": "x"}),
    "pattern invalid": config(provider={"matchImages": ["registry.io:abc"]}),
    "tokens with an older protocol": config(
        provider={**tokens(), "apiVersion": "credentialprovider.kubelet.k8s.io/v1beta1"}
    ),
    "annotation key twice": config(
        provider=tokens(requiredServiceAccountAnnotationKeys=["a", "a"])
    ),
}
CONFIG_DIFFERENCES = {
    "pattern invalid": ("both", "K-033b needs Go's URL parser"),
    "tokens with an older protocol": ("model", "K-034b is about two members"),
    "annotation key twice": ("model", "K-034g is about two items"),
}


@pytest.mark.rule("K-023", "K-029", "K-030a", "K-032", "K-033a", "K-034a")
@pytest.mark.parametrize("label", CONFIG_CASES)
def test_on_configurations_all_three_agree_or_the_table_says_why(label: str) -> None:
    document = CONFIG_CASES[label]
    api_version = document["apiVersion"]
    name = "credential-provider-config"
    try:
        read_config([("config.json", json.dumps(document).encode())], KubeletVersion())
        accepted = True
    except ConfigErrors:
        accepted = False
    opinions = {
        "schema": schema_accepts(f"{name}-{api_version.partition('/')[2]}", document),
        "model": model_accepts(name, api_version, document),
    }
    wrong = {who for who, says in opinions.items() if says != accepted}
    who = CONFIG_DIFFERENCES.get(label, ("", ""))[0]
    assert wrong == ({"schema", "model"} if who == "both" else {who} - {""})


@pytest.mark.rule("I-19")
def test_i19_typed_documents_hide_secrets() -> None:
    document: dict[str, Any] = {
        "kind": "CredentialProviderResponse",
        "apiVersion": V1,
        "cacheKeyType": "Image",
        "auth": {"r.example": {"username": "u", "password": "marker-pass"}},
    }
    assert "marker-pass" not in repr(ResponseV1.model_validate(document))
    document["auth"] = {"r.example": {"username": "u", "password": ["marker-pass"]}}
    with pytest.raises(ValidationError) as caught:
        ResponseV1.model_validate(document)
    assert "marker-pass" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name in schemas.names() if "credential-" in name])
def test_each_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(dict(schemas.load(name)))
