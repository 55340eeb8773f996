"""Secrets are found in every spelling, and nothing else is."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.checks.leak_search import holds, searchable

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLW9mLWEtdG9rZW4"
ODD = "pä\"s\\s <w>&/+=rd\n~'"


@given(before=st.binary(max_size=4), after=st.binary(max_size=4), url=st.booleans())
def test_base64_of_any_text_around_the_secret_is_found(
    before: bytes, after: bytes, url: bool
) -> None:
    encode = base64.urlsafe_b64encode if url else base64.b64encode
    for secret in (TOKEN, ODD):
        text = encode(before + secret.encode() + after)
        assert holds(text, secret)
        assert holds(text.rstrip(b"="), secret)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "raw": lambda text: text,
    "url": lambda text: quote(text, safe=""),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "json": lambda text: json.dumps(text),
    "json-utf8": lambda text: json.dumps(text, ensure_ascii=False),
    "go-json": lambda text: (
        json.dumps(text).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    ),
    "repr": lambda text: repr(text),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_usual_spellings_are_found(spelling: str) -> None:
    for secret in (TOKEN, ODD, "plain-password-1"):
        assert holds(f"error: {SPELLINGS[spelling](secret)}!".encode(), secret)


def test_header_and_claims_of_a_signed_token_are_no_secret() -> None:
    assert not holds(TOKEN.rpartition(".")[0].encode(), TOKEN)
    assert holds(TOKEN.rpartition(".")[2].encode(), TOKEN)


def test_an_unsigned_token_is_searched_for_as_a_whole() -> None:
    unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."
    assert searchable(unsigned) == unsigned[:-1]
    assert holds(unsigned.encode(), unsigned)


@pytest.mark.parametrize("value", ["", "short", "." * 1000, "aaaaaaaaaaaa", "abababababab"])
def test_what_turns_up_by_chance_is_not_searched_for(value: str) -> None:
    assert searchable(value) == ""
    assert not holds(b"progress ............ aaaaaaaaaaaaaaa short abababababab", value)


@given(st.binary(max_size=300))
def test_honest_bytes_hold_no_secret(data: bytes) -> None:
    assert not holds(data, TOKEN)
