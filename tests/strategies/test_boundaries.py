"""What lies on an edge is still valid; a step further it is not."""

import json
from collections.abc import Callable
from typing import TypeVar

import jsonschema
import pytest
from hypothesis import find as _find
from hypothesis import given, settings
from hypothesis import strategies as st

from pullproof import schemas
from pullproof.adapters.credentials import Grants, repository_path
from pullproof.model.config import read_config
from pullproof.model.images import repo_name
from pullproof.model.jose import TokenRefused
from pullproof.model.matching import is_image_allowed
from pullproof.model.request import Request, encode_request
from pullproof.model.response import Response, judge_response
from pullproof.model.setup import Identity, Setup
from pullproof.model.verify import Policy, check_claims
from pullproof.strategies import (
    Deviation,
    boundary_claims,
    boundary_worlds,
    configs,
    deviant_responses,
    images,
    request_values,
    responses,
    token_claims,
    worlds,
)
from pullproof.strategies.boundaries import CONFIGS, IMAGES, REQUESTS, RESPONSES, WORLDS
from pullproof.strategies.responses import V1
from pullproof.strategies.tokens import AUDIENCE, CHANGES, ISSUER, Claims
from tests.helpers.tokens import good_claims

NOW = 1_800_000_000
POLICY = Policy(issuer=ISSUER, audience=AUDIENCE)
few = settings(max_examples=30)
T = TypeVar("T")


def find(strategy: "st.SearchStrategy[T]", condition: Callable[[T], bool]) -> T:
    """Return the smallest example; nothing is remembered, as conditions look alike."""
    return _find(strategy, condition, settings=settings(database=None, derandomize=True))


@pytest.mark.rule("K-070")
@pytest.mark.parametrize("name", IMAGES)
def test_an_image_on_the_edge_is_one(name: str) -> None:
    assert repo_name(IMAGES[name]) == IMAGES[name]


@pytest.mark.rule("K-075")
@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_on_the_edge_satisfies_its_schema(name: str) -> None:
    data = encode_request(REQUESTS[name], V1)
    jsonschema.validate(json.loads(data), dict(schemas.load("credential-provider-request-v1")))


@pytest.mark.rule("K-091")
@pytest.mark.parametrize("name", RESPONSES)
def test_a_response_on_the_edge_is_accepted(name: str) -> None:
    assert isinstance(judge_response(RESPONSES[name], api_version=V1), Response)


@pytest.mark.rule("K-029")
@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_on_the_edge_starts_a_kubelet(name: str) -> None:
    assert read_config([("config.yaml", CONFIGS[name])])


@pytest.mark.rule("T-134", "T-135")
@few
@given(boundary_claims(NOW))
def test_claims_on_the_edge_are_accepted(edge: Deviation[Claims]) -> None:
    assert check_claims(edge.value, POLICY, NOW).subject == edge.value["sub"]


@pytest.mark.rule("T-134")
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("expired at the end of the leeway", "expired"),
        ("valid from a second after the leeway", "not_yet_valid"),
        ("lives longer than a day", "token_too_long"),
    ],
)
def test_a_second_further_claims_are_refused(name: str, error: str) -> None:
    claims = good_claims(aud=[AUDIENCE], iss=ISSUER, iat=NOW, nbf=NOW, exp=NOW + 3600)
    assert check_claims(claims, POLICY, NOW)
    CHANGES[name](NOW)(claims)
    with pytest.raises(TokenRefused) as caught:
        check_claims(claims, POLICY, NOW)
    assert str(caught.value.error) == error


def is_sound(setup: Setup) -> bool:
    """Return whether a setup's parts agree, by rules written here again."""
    names = [each.name for each in setup.workloads]
    identities = {(each.namespace, each.service_account) for each in setup.workloads}
    owned = [image for each in setup.workloads for image in each.images]
    return (
        bool(names)
        and len(set(names)) == len(names) == len(identities)
        and len(set(owned)) == len(owned)
        and set(owned) <= set(setup.served)
        and all(is_image_allowed(setup.provider.match_images, each) for each in setup.served)
        and not any(is_image_allowed(setup.provider.match_images, each) for each in setup.declined)
        and (setup.identity in (Identity.WORKLOAD, Identity.PASS_THROUGH)) == setup.provider.sa_mode
    )


@few
@given(worlds())
def test_the_parts_of_a_world_agree(setup: Setup) -> None:
    assert is_sound(setup)


@few
@given(worlds(tokens=True, workloads=2))
def test_each_workload_of_a_world_opens_its_own_images(setup: Setup) -> None:
    grants = Grants(setup, {})
    for each in setup.workloads:
        assert set(grants.of_workload(each)) == set(map(repository_path, each.images))


@few
@given(boundary_worlds())
def test_a_world_on_the_edge_does_what_its_name_says(edge: Deviation[Setup]) -> None:
    setup = edge.value
    if edge.name != "a workload without images":
        assert is_sound(setup)
    expected = {
        "one workload": len(setup.workloads) == 1,
        "image of nobody": any(not _owned(setup, image) for image in setup.served),
        "one account name in two namespaces": len({w.service_account for w in setup.workloads}) == 1
        and len({w.namespace for w in setup.workloads}) == 2,
        "a workload without images": any(not w.images for w in setup.workloads),
        "nothing declared": setup.policy.owns is None,
    }
    assert set(expected) == set(WORLDS)
    assert expected[edge.name]


def _owned(setup: Setup, image: str) -> bool:
    return any(image in each.images for each in setup.workloads)


class TestShrinking:
    """Whatever is found is shown in its smallest form."""

    @pytest.mark.slow
    def test_images(self) -> None:
        assert find(images(), lambda _: True) == "registry.example/0"
        of_host = images("registry.example")
        assert find(of_host, lambda image: image.count("/") == 2) == "registry.example/0/0"

    @pytest.mark.slow
    def test_requests(self) -> None:
        assert find(request_values(), lambda _: True) == Request("registry.example/0")
        found = find(request_values(), lambda each: bool(each.service_account_annotations))
        assert len(found.service_account_annotations) == 1
        assert found.service_account_annotations[0][1] == ""
        assert found.service_account_token == ""

    @pytest.mark.slow
    def test_responses(self) -> None:
        found = json.loads(find(responses(), lambda _: True))
        assert len(found["auth"]) == 1
        (entry,) = found["auth"].values()
        assert entry == {"username": "0", "password": "0"}

    @pytest.mark.slow
    def test_deviations_keep_the_name_that_was_found(self) -> None:
        found = find(deviant_responses(), lambda each: each.name == "metadata")
        document = json.loads(found.value)
        assert document["metadata"] == {}
        assert len(document["auth"]) == 1

    @pytest.mark.slow
    def test_configs(self) -> None:
        (provider,) = json.loads(find(configs(), lambda _: True))["providers"]
        assert "tokenAttributes" not in provider
        assert len(provider["matchImages"]) == 1

    def test_claims(self) -> None:
        claims = find(token_claims(NOW), lambda _: True)
        assert claims["iat"] == NOW
        assert "node" not in claims["kubernetes.io"]

    def test_worlds(self) -> None:
        setup = find(worlds(), lambda _: True)
        assert [each.images for each in setup.workloads] == [("registry.example/team-a/app",)]
        assert not setup.provider.sa_mode
        two = find(worlds(), lambda each: len(each.workloads) == 2)
        assert [len(each.images) for each in two.workloads] == [1, 1]
