"""What the kubelet makes of a response: the corpus, and what no case can say."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pullproof.corpus.cases import Case, cases, to_bytes
from pullproof.model.provider import CacheKeyType, CacheType
from pullproof.model.response import (
    EXEC_FAILED,
    RULES,
    AuthEntry,
    Refusal,
    Response,
    Stage,
    judge_response,
)
from pullproof.model.versions import NEWEST_MINOR, OLDEST_MINOR, KubeletVersion

V1 = "credentialprovider.kubelet.k8s.io/v1"
TOKEN = "marker-token-3f9c"
CASES = cases("wire/responses")
DECODING = EXEC_FAILED + "error decoding credential provider plugin response from stdout"


def judge(case: Case, version: KubeletVersion) -> Response | Refusal:
    cache_type = case.input.get("cacheType")
    return judge_response(
        case.input_bytes("stdout"),
        api_version=case.input.get("apiVersion", V1),
        sent_token=case.input.get("sentToken", ""),
        cache_type=CacheType(cache_type) if cache_type else None,
        version=version,
        image="registry.example/app",
    )


def summary(answer: Response | Refusal) -> dict[str, Any]:
    """Return an answer in the form of the corpus."""
    if isinstance(answer, Refusal):
        return {"verdict": "refuse", "stage": str(answer.stage)}
    entries = [[entry.auth_key, entry.username, entry.password] for entry in answer.auth]
    return {
        "verdict": "accept",
        "cacheKeyType": str(answer.cache_key_type),
        "cacheDurationNs": answer.cache_duration_ns,
        "auth": sorted(entries),
    }


def expected(case: Case) -> dict[str, Any]:
    wanted = {name: value for name, value in case.expect.items() if name != "kubelet_message"}
    if "auth" in wanted:
        wanted["auth"] = [[to_bytes(text).decode() for text in entry] for entry in wanted["auth"]]
    return wanted


def response(**changes: Any) -> dict[str, Any]:
    members: dict[str, Any] = {
        "kind": "CredentialProviderResponse",
        "apiVersion": V1,
        "cacheKeyType": "Image",
        "auth": {"registry.example": {"username": "user", "password": "pass"}},
    }
    return {**members, **changes}


def refusal(document: Any, **arguments: Any) -> Refusal:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    answer = judge_response(data, api_version=V1, **arguments)
    assert isinstance(answer, Refusal)
    return answer


@pytest.mark.rule("K-090", "K-091", "K-092", "K-093", "K-094", "K-095", "K-096", "K-097", "K-099")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_verdict_is_the_kubelets(case: Case) -> None:
    for minor in range(OLDEST_MINOR, NEWEST_MINOR + 1):
        version = KubeletVersion(minor)
        if case.applies_to(version):
            answer = judge(case, version)
            assert summary(answer) == expected(case)
            is_of_1_35 = (case.since or 0) >= 35
            told = "kubelet_message" in case.expect and version.logs_structured == is_of_1_35
            if told and isinstance(answer, Refusal):
                assert answer.kubelet_message == case.expect["kubelet_message"]


def test_every_stage_and_both_verdicts_occur_in_the_corpus() -> None:
    assert {case.expect.get("stage", "accept") for case in CASES} == {*Stage, "accept"}
    assert len(CASES) >= 150


@pytest.mark.rule("K-098")
def test_k098_each_refusal_names_its_rule_and_a_reason() -> None:
    for case in CASES:
        version = KubeletVersion(case.until or NEWEST_MINOR)
        answer = judge(case, version)
        if isinstance(answer, Refusal):
            assert answer.rule == RULES[answer.stage]
            assert answer.kubelet_message
            assert answer.detail
            assert not answer.detail.endswith(".")


@pytest.mark.rule("K-091")
class TestK091Diagnosis:
    """The kubelet says one fixed sentence; our detail says what was wrong."""

    @pytest.mark.parametrize(
        ("document", "detail"),
        [
            (
                response(cachekeytype="Image"),
                'unknown field "cachekeytype"; the kubelet knows "cacheKeyType"',
            ),
            (response(extra=1, more=2), 'unknown field "extra" (and 1 more)'),
            (
                response(cacheDuration="1d"),
                '"cacheDuration" "1d" is no Go duration, such as "10m0s"',
            ),
            (
                response(cacheDuration=300),
                '"cacheDuration" is of type number, not a string such as "10m0s"',
            ),
            (response(auth=[]), '"auth" is of type array, not an object'),
            (
                response(auth={"r.example": {"Username": "u"}}),
                'unknown field "Username" in auth entry "r.example"; the kubelet knows "username"',
            ),
            (
                response(auth={"r.example": {"password": 1}}),
                '"password" of auth entry "r.example" is of type number, not a string',
            ),
            (
                response(extra=1, cacheDuration=300),
                '"cacheDuration" is of type number, not a string such as "10m0s" (and 1 more)',
            ),
        ],
    )
    def test_the_detail_names_the_first_mistake(self, document: Any, detail: str) -> None:
        found = refusal(document)
        assert (found.stage, found.detail) == (Stage.DECODE, detail)
        assert found.kubelet_message == DECODING

    def test_a_duplicate_is_named(self) -> None:
        data = json.dumps(response()).replace('"auth"', '"kind":"x","auth"').encode()
        assert refusal(data.replace(b'"x"', b'"CredentialProviderResponse"')).detail == (
            'duplicate field "kind"'
        )

    def test_a_long_name_is_shortened(self) -> None:
        assert len(refusal(response(**{"x" * 5000: 1})).detail) < 120


@pytest.mark.rule("K-090")
@pytest.mark.parametrize(
    ("stdout", "detail"),
    [
        (b"", "stdout is empty"),
        (b" \n", "stdout holds only white space"),
        (b"\xef\xbb\xbf{}", "stdout begins with a byte order mark"),
        (b"[]", "stdout is a JSON array, not an object"),
        (b" 1", "stdout is a JSON number, not an object"),
        (b"{} {}", "stdout goes on after the JSON document, at byte 3 of 5"),
        (b'{"a":', "the JSON document on stdout is cut off, at byte 5 of 5"),
        (b"usage: x", "stdout holds something that is not JSON, at byte 0 of 8"),
        (b"{}", f'apiVersion is missing, not "{V1}"'),
        (b'{"apiVersion":""}', f'apiVersion is "", not "{V1}"'),
    ],
)
def test_k090_the_detail_tells_what_stdout_is(stdout: bytes, detail: str) -> None:
    assert refusal(stdout).detail == detail


@pytest.mark.rule("K-090")
def test_k090_the_first_of_several_wrong_types_is_logged() -> None:
    message = refusal(b'{"KIND":[1],"apiVersion":2,"kind":null}').kubelet_message
    assert message.endswith("cannot unmarshal array into Go struct field .kind of type string")


@pytest.mark.rule("K-093")
def test_k093_the_detail_lists_what_is_valid() -> None:
    found = refusal(response(cacheKeyType="registry"))
    assert found.detail == 'cacheKeyType "registry" is none of Image, Registry, Global'
    assert refusal(response(cacheKeyType="")).detail.startswith("an absent or empty")


@pytest.mark.rule("K-094")
def test_k094_the_log_names_the_image() -> None:
    document = response(auth={"r.example": {"username": "u", "password": TOKEN}})
    found = refusal(document, sent_token=TOKEN, image="r.example/app")
    assert found.stage is Stage.ECHO
    assert found.kubelet_message == (
        "Credential provider plugin returned the service account token as the password for image "
        '"r.example/app", which is not allowed when service account cache type is not set to '
        "'Token'"
    )


@pytest.mark.rule("K-096")
def test_k096_entries_keep_their_order() -> None:
    auth = {name: {"username": name, "password": "p"} for name in ("b", "a", "c")}
    answer = judge_response(json.dumps(response(auth=auth)).encode(), api_version=V1)
    assert answer == Response(
        CacheKeyType.IMAGE, None, tuple(AuthEntry(name, name, "p") for name in ("b", "a", "c"))
    )


@pytest.mark.rule("I-19")
class TestI19NoSecretIsShown:
    """No detail and no repr holds a token, user name or password."""

    @pytest.mark.parametrize(
        "document",
        [
            response(**{TOKEN: 1}),
            response(cacheKeyType=TOKEN),
            response(cacheDuration=TOKEN),
            response(apiVersion=TOKEN),
            response(kind=TOKEN),
            response(auth={TOKEN: 1}),
            response(auth={TOKEN: {"x": 1}}),
            response(auth={f"{TOKEN}.example": {"password": 1}}),
            response(auth={"r.example": {f"a{TOKEN}": 1}}),
            response(auth={"r.example": {"username": "u", "password": TOKEN}}),
        ],
    )
    def test_the_sent_token_is_hidden(self, document: Any) -> None:
        found = refusal(document, sent_token=TOKEN)
        assert TOKEN not in repr(found)
        assert TOKEN not in found.detail

    @pytest.mark.parametrize("wrong", ["cacheDuration", "cacheKeyType", "extra-name", "kind"])
    def test_a_password_in_the_wrong_place_is_hidden(self, wrong: str) -> None:
        secret = "marker-password-77"
        document = response(auth={"r.example": {"username": "u", "password": secret}})
        document.update({secret: 1} if wrong == "extra-name" else {wrong: secret})
        found = refusal(document)
        assert secret not in repr(found)

    def test_an_accepted_password_is_not_in_the_repr(self) -> None:
        auth = {"r.example": {"username": "u", "password": "marker-password-77"}}
        answer = judge_response(json.dumps(response(auth=auth)).encode(), api_version=V1)
        assert isinstance(answer, Response)
        assert "marker-password-77" not in repr(answer)


@given(st.binary(max_size=60))
@example(b'{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":{}}')
def test_any_bytes_get_an_answer(data: bytes) -> None:
    answer = judge_response(data, api_version=V1)
    assert isinstance(answer, Refusal)  # too short for anything else


@given(st.data())
def test_a_changed_byte_never_raises(data: st.DataObject) -> None:
    stdout = bytearray(json.dumps(response(cacheDuration="10m")).encode())
    place = data.draw(st.integers(0, len(stdout) - 1))
    stdout[place] = data.draw(st.integers(0, 255))
    judge_response(bytes(stdout), api_version=V1, sent_token="pass")


@pytest.mark.rule("K-081")
@pytest.mark.parametrize(
    "unit", [b"[", b'{"a":', b"\xff", b'"\\u', b"1", b" ", b'{"apiVersion":1,']
)
def test_large_and_hostile_output_is_judged_in_one_pass(unit: bytes) -> None:
    assert refusal(unit * 200_000).stage is Stage.PEEK


@pytest.mark.rule("K-098")
class TestLogLinesSince135:
    """Since 1.35 one structured line tells about every lookup that failed
    (recorded from kubernetes v1.37.2)."""

    @staticmethod
    def line(stdout: str, **arguments: Any) -> str:
        answer = judge_response(
            stdout.encode(), api_version=V1, version=KubeletVersion(35), **arguments
        )
        assert isinstance(answer, Refusal)
        return answer.kubelet_message

    def test_an_error_is_quoted(self) -> None:
        assert self.line("x") == (
            '"Failed to provide credentials for image" err="failed to get credential from external '
            "registry credential provider: error reading GVK from response: couldn't get "
            "version/kind; json parse error: invalid character 'x' looking for beginning of value\""
        )

    def test_an_error_of_several_lines_keeps_them(self) -> None:
        document = response(cacheKeyType="a\nb")
        assert self.line(json.dumps(document)) == (
            '"Failed to provide credentials for image" err=<\n\tcredential provider plugin did not '
            "return a valid cacheKeyType: a\n\tb\n >"
        )

    def test_an_echoed_token_names_no_image(self) -> None:
        document = response(auth={"r.io": {"username": "u", "password": "tok"}})
        assert self.line(json.dumps(document), sent_token="tok", image="r.io/x") == (
            '"Failed to provide credentials for image" err="credential provider plugin returned '
            "the service account token as the password which is not allowed when service account "
            "cache type is not set to 'Token'\""
        )
