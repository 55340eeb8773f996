"""Valid values are valid, and each deviation breaks the one thing it names.

The expected rules below are written by hand from the specification; the model
only says what a value is.
"""

import json
from collections.abc import Mapping

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullproof import schemas
from pullproof.model.config import ConfigErrors, read_config
from pullproof.model.images import InvalidImageName, repo_name
from pullproof.model.jose import TokenRefused
from pullproof.model.keyring import Keyring
from pullproof.model.matching import matches
from pullproof.model.response import AuthEntry, Refusal, Response, judge_response
from pullproof.model.verify import Policy, check_claims
from pullproof.strategies import (
    Deviation,
    HypothesisDraw,
    auth_keys,
    configs,
    deviant_claims,
    deviant_configs,
    deviant_images,
    deviant_requests,
    deviant_responses,
    images,
    match_images,
    requests,
    responses,
    scenarios,
    token_claims,
)
from pullproof.strategies.responses import DOCUMENT_CHANGES, TEXT_CHANGES, V1
from pullproof.strategies.tokens import AUDIENCE, ISSUER, Claims
from tests.engine.fakes import PLAIN, make_setup

NOW = 1_800_000_000
few = settings(max_examples=20)


@few
@given(images())
@pytest.mark.rule("K-070")
def test_images_are_repo_names_already(image: str) -> None:
    assert repo_name(image) == image


@few
@given(images("registry.example:5000"))
def test_images_of_one_host_stay_there(image: str) -> None:
    assert image.startswith("registry.example:5000/")


@few
@given(deviant_images())
@pytest.mark.rule("K-071")
def test_deviant_images_name_no_image(deviation: Deviation[str]) -> None:
    with pytest.raises(InvalidImageName):
        repo_name(deviation.value)


@few
@given(st.data())
def test_match_images_match_their_image(data: st.DataObject) -> None:
    image = data.draw(images())
    assert matches(data.draw(match_images(image)), image)


@few
@given(st.data())
@pytest.mark.rule("K-137")
def test_auth_keys_open_their_image(data: st.DataObject) -> None:
    image = data.draw(images())
    entry = AuthEntry(data.draw(auth_keys(image)), "user", "password")
    assert Keyring().add("p", [entry]).lookup(image)


@few
@given(requests())
@pytest.mark.rule("K-075")
def test_requests_satisfy_their_schema_and_end_with_one_newline(data: bytes) -> None:
    jsonschema.validate(json.loads(data), dict(schemas.load("credential-provider-request-v1")))
    assert data.endswith(b"}\n")
    assert data.count(b"\n") == 1


@few
@given(requests(tokens=False))
@pytest.mark.rule("K-076")
def test_plain_requests_have_three_members(data: bytes) -> None:
    assert set(json.loads(data)) == {"kind", "apiVersion", "image"}


@few
@given(deviant_requests())
def test_a_deviant_request_differs_from_what_the_kubelet_sends(
    deviation: Deviation[bytes],
) -> None:
    schema = dict(schemas.load("credential-provider-request-v1"))
    try:
        document = json.loads(deviation.value.decode("utf-8"))
    except ValueError:
        return
    if deviation.name == "image is empty":  # right in shape, and never sent (K-070)
        assert document["image"] == ""
        return
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


@few
@given(responses())
@pytest.mark.rule("K-090", "K-091", "K-092", "K-093")
def test_responses_are_accepted(data: bytes) -> None:
    assert isinstance(judge_response(data, api_version=V1), Response)


@few
@given(responses(image="registry.example:5000/team/app"))
def test_responses_for_an_image_open_it(data: bytes) -> None:
    response = judge_response(data, api_version=V1)
    assert isinstance(response, Response)
    if response.auth:
        assert Keyring().add("p", response.auth).lookup("registry.example:5000/team/app")


PEEK = ("apiVersion", "no bytes", "white space", "text ", "two documents", "byte order", "cut ",
        "wrapped", "JSON null", "empty object", "as YAML")  # fmt: skip
RULES: Mapping[str, tuple[str, ...]] = {
    "K-090": PEEK,
    "K-092": ("no kind", "kind of"),
    "K-093": ("no cacheKeyType", "cacheKeyType in small", "cacheKeyType is null"),
}
"""Rule to beginnings (or parts) of names; everything else is strict decoding."""


def expected_rule(name: str) -> str:
    for rule, parts in RULES.items():
        if any(part in name for part in parts):
            return rule
    return "K-091"


@settings(max_examples=120)
@given(deviant_responses())
@pytest.mark.rule("K-090", "K-091", "K-092", "K-093", "K-098")
def test_each_deviant_response_is_refused_by_the_rule_it_breaks(
    deviation: Deviation[bytes],
) -> None:
    judged = judge_response(deviation.value, api_version=V1)
    assert isinstance(judged, Refusal), deviation.name
    # Members that are only misspelt are unknown to the strict decoder, which
    # is asked before the missing one is noticed.
    assert judged.rule == expected_rule(deviation.name), deviation.name


def test_no_two_deviations_share_a_name() -> None:
    assert not set(DOCUMENT_CHANGES) & set(TEXT_CHANGES)


@few
@given(configs())
@pytest.mark.rule("K-029")
def test_configs_start_a_kubelet(data: bytes) -> None:
    assert read_config([("config.yaml", data)])


@few
@given(configs(tokens=True))
@pytest.mark.rule("K-037")
def test_configs_with_tokens_are_in_sa_mode(data: bytes) -> None:
    assert all(provider.sa_mode for provider in read_config([("config.yaml", data)]))


@few
@given(deviant_configs())
@pytest.mark.rule("K-029")
def test_deviant_configs_keep_a_kubelet_from_starting(deviation: Deviation[bytes]) -> None:
    with pytest.raises(ConfigErrors):
        read_config([("config.yaml", deviation.value)])


POLICY = Policy(issuer=ISSUER, audience=AUDIENCE)


@few
@given(token_claims(NOW))
@pytest.mark.rule("T-011")
def test_token_claims_are_accepted(claims: Claims) -> None:
    verified = check_claims(claims, POLICY, NOW)
    assert verified.subject == claims["sub"]


@few
@given(deviant_claims(NOW))
def test_deviant_claims_are_refused(deviation: Deviation[Claims]) -> None:
    with pytest.raises(TokenRefused):
        check_claims(deviation.value, POLICY, NOW)


@pytest.mark.parametrize("check", [check for check in PLAIN if check.id != "B02"])
@given(data=st.data())
@settings(max_examples=10)
def test_scenarios_are_what_the_check_proposes(check: object, data: st.DataObject) -> None:
    from pullproof.checks.check import Check

    assert isinstance(check, Check)
    scenario = data.draw(scenarios(check, make_setup()))
    assert scenario.check == check.id
    assert scenario.steps


@few
@given(st.data())
def test_hypothesis_draws_stay_within_their_limits(data: st.DataObject) -> None:
    draw = HypothesisDraw(data)
    assert draw.choice(("a", "b")) in ("a", "b")
    assert -7 <= draw.integer(-7, -3) <= -3
    text = draw.text("xyz", 1, 4)
    assert 1 <= len(text) <= 4
    assert set(text) <= set("xyz")


def test_hypothesis_shrinks_towards_the_first_and_the_lowest() -> None:
    from hypothesis import find

    @st.composite
    def drawn(draw: st.DrawFn) -> tuple[str, int, str]:
        source = HypothesisDraw(draw)
        return source.choice(("a", "b")), source.integer(-7, 3), source.text("xyz", 1, 4)

    assert find(drawn(), lambda value: True) == ("a", -7, "x")
    assert find(drawn(), lambda value: value[0] == "b" and value[1] > -3) == ("b", -2, "x")
