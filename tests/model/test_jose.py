"""Compact text, base64url and JSON, at the strict end."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.model.jose import (
    MAX_DEPTH,
    ErrorClass,
    TokenRefused,
    b64url_decode,
    b64url_encode,
    encode_compact,
    encode_json,
    json_object,
    parse_compact,
)


@pytest.mark.rule("T-100", "T-101")
class TestT101Base64UrlHasOneSpelling:
    """Bytes have one text; every other text for them is refused."""

    @given(st.binary(max_size=64))
    def test_it_is_the_standard_librarys_without_padding(self, data: bytes) -> None:
        text = base64.urlsafe_b64encode(data).decode().rstrip("=")
        assert b64url_encode(data) == text
        assert b64url_decode(text) == data

    @given(st.text("ABCDEwxyz0189-_", min_size=1, max_size=9))
    def test_every_accepted_text_is_written_again_the_same(self, text: str) -> None:
        try:
            data = b64url_decode(text)
        except ValueError:
            return
        assert b64url_encode(data) == text

    @pytest.mark.parametrize("text", ["A", "AAAAA", "aGl", "aGk=", "a+b/", "a b", "aGk\n", "é"])
    def test_other_spellings_are_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"character|length|bits"):
            b64url_decode(text)

    def test_padding_is_a_policy(self) -> None:
        assert b64url_decode("aGk=", padding=True) == b"hi"


@pytest.mark.rule("T-102", "T-103", "T-104")
class TestT104JsonIsStrict:
    """One object in UTF-8, each member once, nothing after it."""

    @given(
        st.dictionaries(
            st.text(max_size=5).filter(lambda t: "\0" not in t),
            st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=5),
            max_size=5,
        )
    )
    def test_what_the_standard_library_writes_comes_back(self, value: dict[str, object]) -> None:
        assert json_object(json.dumps(value).encode()) == value

    @pytest.mark.parametrize(
        ("data", "error"),
        [
            (b'{"a":1,"a":1}', ErrorClass.DUPLICATE_MEMBER),
            (b'{"b":{"a":1,"a":2}}', ErrorClass.DUPLICATE_MEMBER),
            (rb'{"a":1,"\u0061":1}', ErrorClass.DUPLICATE_MEMBER),
            (b"{} {}", ErrorClass.BAD_JSON),
            (b'{"a":-Infinity}', ErrorClass.BAD_JSON),
            (b'{"a":' + b"9" * 5000 + b"}", ErrorClass.BAD_JSON),
            (b"null", ErrorClass.BAD_JSON),
            (b"", ErrorClass.BAD_JSON),
            (b"\xff{}", ErrorClass.BAD_ENCODING),
            ("{}".encode("utf-16"), ErrorClass.BAD_ENCODING),
            ("{}".encode("utf-32-be"), ErrorClass.BAD_ENCODING),
        ],
    )
    def test_everything_else_is_refused_by_name(self, data: bytes, error: ErrorClass) -> None:
        with pytest.raises(TokenRefused) as caught:
            json_object(data)
        assert caught.value.error is error

    def test_member_names_are_case_sensitive(self) -> None:
        assert json_object(b'{"exp":1,"EXP":2}') == {"exp": 1, "EXP": 2}


@pytest.mark.rule("T-106")
class TestT106DepthIsBounded:
    """Nesting is counted before anything is parsed."""

    def test_the_limit_itself_is_accepted(self) -> None:
        inner = MAX_DEPTH - 1
        assert json_object(b'{"a":' + b"[" * inner + b"]" * inner + b"}")

    def test_one_more_is_refused(self) -> None:
        with pytest.raises(TokenRefused, match="too_large"):
            json_object(b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}")

    def test_brackets_in_texts_do_not_count(self) -> None:
        value = {"a": "[" * 100 + '"\\' + "{" * 100}
        assert json_object(json.dumps(value).encode()) == value

    def test_a_hundred_thousand_levels_cost_nothing(self) -> None:
        with pytest.raises(TokenRefused, match="too_large"):
            json_object(b"[" * 100_000)


@pytest.mark.rule("T-012")
def test_t012_payloads_are_written_as_go_writes_maps() -> None:
    text = encode_json({"b": ["<&>"], "a": {"d": 1, "c": "é\u2028"}}).decode()
    assert text == r'{"a":{"c":"é\u2028","d":1},"b":["\u003c\u0026\u003e"]}'


@pytest.mark.rule("T-001", "T-002")
def test_t001_a_written_token_is_read_back() -> None:
    seen: list[bytes] = []

    def sign(data: bytes) -> bytes:
        seen.append(data)
        return b"signature"

    token = encode_compact({"alg": "RS256", "kid": "k"}, b'{"a":1}', sign)
    parts = parse_compact(token)
    assert parts.header == {"alg": "RS256", "kid": "k"}
    assert parts.claims == {"a": 1}
    assert parts.signature == b"signature"
    assert [parts.signing_input] == seen
    assert token.count(".") == 2
    assert "=" not in token


def test_a_refusal_says_rule_class_and_place() -> None:
    with pytest.raises(TokenRefused) as caught:
        parse_compact("a.b")
    assert str(caught.value) == "T-100 malformed: not three segments joined by dots"
    assert (caught.value.error, caught.value.rule) == (ErrorClass.MALFORMED, "T-100")


def test_b64_true_is_no_member_of_a_jwt() -> None:
    head = b64url_encode(b'{"alg":"RS256","b64":true}')
    with pytest.raises(TokenRefused, match="bad_header"):
        parse_compact(f"{head}.e30.AA")
