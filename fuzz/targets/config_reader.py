#!/usr/bin/env python3
"""A configuration that is read means one thing, and one that is not read says where and why.

What is accepted, written anew as JSON from its values, is the same providers,
and satisfies the rules of validation as asked here once more; every problem
names its file, a line that the file has, and a rule. Two kubelets are asked.

Source: K-010 to K-037.
"""

import json
from collections.abc import Iterator
from typing import Any

from pullproof.corpus.cases import cases
from pullproof.corpus.rules import all_rules
from pullproof.fuzz.targets.support.json_mutator import json_mutator
from pullproof.model.config import ConfigErrors, read_config
from pullproof.model.durations import format_duration
from pullproof.model.provider import CONFIG_GROUP, PROTOCOL_GROUP, ProviderConfig, TokenAttributes
from pullproof.model.versions import KubeletVersion

VERSIONS = (KubeletVersion(34), KubeletVersion(36))
_MAX_BYTES = 8192
mutate = json_mutator(
    (
        "kind", "apiVersion", "providers", "name", "matchImages", "defaultCacheDuration", "args",
        "env", "value", "tokenAttributes", "serviceAccountTokenAudience", "cacheType", "Token",
        "ServiceAccount", "requireServiceAccount", "requiredServiceAccountAnnotationKeys",
        "optionalServiceAccountAnnotationKeys", "CredentialProviderConfig", "example.com/role",
        "kubelet.config.k8s.io/v1", "kubelet.config.k8s.io/v1beta1", "registry.io", "*.io", "10m",
        "credentialprovider.kubelet.k8s.io/v1",
    )
)  # fmt: skip


def check(data: bytes) -> None:
    """Read `data` as the one file of a configuration."""
    if len(data) > _MAX_BYTES:
        return
    for version in VERSIONS:
        try:
            found = read_config([("config.yaml", data)], version)
        except ConfigErrors as problem:
            _check_problems(problem, data)
            continue
        for provider in found:
            _check_provider(provider)
        names = [provider.name for provider in found]
        assert len(names) == len(set(names)) > 0, "no providers, or one name twice"
        again = read_config([("config.json", _written(found))], version)
        assert again == found, "the same configuration, written anew, is another one"


def from_corpus() -> Iterator[bytes]:
    """Yield the configurations of the corpus, and one as JSON."""
    for group in ("config/decoding", "config/validation"):
        for case in cases(group):
            yield case.input_bytes("text")
    attributes = TokenAttributes(
        "registry.io", True, required_annotation_keys=("example.com/role",)
    )
    yield _written((ProviderConfig("p", ("registry.io",), 60_000_000_000),))
    yield _written((ProviderConfig("p", ("*.io",), 0, token_attributes=attributes),))


def _check_problems(errors: ConfigErrors, data: bytes) -> None:
    assert errors.problems, "an error without a problem"
    assert errors.kubelet_message, "the kubelet says something"
    lines = data.count(b"\n") + data.count(b"\r") + 1
    for problem in errors.problems:
        assert problem.rule in all_rules(), f"no such rule: {problem.rule}"
        assert problem.file in ("config.yaml", ""), "another file"
        assert problem.line is None or 1 <= problem.line <= lines, "no such line"


def _check_provider(provider: ProviderConfig) -> None:
    assert provider.name not in (".", ".."), "no file name"  # an empty one is taken
    assert not {"/", " "} & set(provider.name), "no plain file name"
    assert provider.match_images, "no patterns"
    assert 0 <= provider.default_cache_duration_ns < 1 << 63, "no duration"
    assert provider.api_version.startswith(f"{PROTOCOL_GROUP}/"), "another group"
    attributes = provider.token_attributes
    if attributes is not None:
        assert attributes.service_account_token_audience, "no audience"
        assert provider.api_version == f"{PROTOCOL_GROUP}/v1", "tokens need v1"
        required = set(attributes.required_annotation_keys)
        assert not required & set(attributes.optional_annotation_keys), "required and optional"
        assert attributes.require_service_account or not required, "required of nobody"


def _written(providers: tuple[ProviderConfig, ...]) -> bytes:
    document = {
        "kind": "CredentialProviderConfig",
        "apiVersion": f"{CONFIG_GROUP}/v1",
        "providers": [_provider(provider) for provider in providers],
    }
    return json.dumps(document).encode()


def _provider(provider: ProviderConfig) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": provider.name,
        "matchImages": provider.match_images,
        "defaultCacheDuration": format_duration(provider.default_cache_duration_ns),
        "apiVersion": provider.api_version,
        "args": provider.args,
        "env": [{"name": each.name, "value": each.value} for each in provider.env],
    }
    attributes = provider.token_attributes
    if attributes is not None:
        found["tokenAttributes"] = {
            "serviceAccountTokenAudience": attributes.service_account_token_audience,
            "requireServiceAccount": attributes.require_service_account,
            "requiredServiceAccountAnnotationKeys": attributes.required_annotation_keys,
            "optionalServiceAccountAnnotationKeys": attributes.optional_annotation_keys,
        }
        if attributes.cache_type is not None:
            found["tokenAttributes"]["cacheType"] = attributes.cache_type
    return found


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
