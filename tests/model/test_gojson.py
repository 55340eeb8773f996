"""The scanner and the string encoder, as Go's encoding/json has them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.corpus.cases import Case, cases
from pullproof.model.gojson import (
    MAX_DEPTH,
    InvalidJSON,
    JsonArray,
    JsonBool,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
    encode_string,
    scan,
    type_name,
)
from pullproof.model.gojson_strings import decode_utf8

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


def plain(value: JsonValue) -> Any:
    """Return what Python's own parser would have returned."""
    match value:
        case JsonObject(members):
            return {name: plain(item) for name, item, _ in members}
        case JsonArray(items):
            return [plain(item) for item in items]
        case JsonString(text):
            return text
        case JsonNumber(text):
            return int(text)
        case JsonBool(word):
            return word
        case JsonNull():
            return None


@given(VALUES, st.booleans(), st.sampled_from([None, 0, 2]))
def test_valid_documents_read_like_everywhere(value: Any, ascii: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii, indent=indent)
    assert plain(scan(text.encode("utf-8", "replace"))) == json.loads(
        text.encode("utf-8", "replace")
    )


@given(
    st.binary(max_size=30) | st.text('{}[]",:\\u0d8trufalsen1.eE+- ', max_size=30).map(str.encode)
)
def test_what_is_valid_is_valid_for_python_and_vice_versa(data: bytes) -> None:
    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        json.loads(data.decode("utf-8", "replace"), parse_constant=refuse)
        valid = True
    except ValueError:
        valid = False
    assert is_valid(data) == valid


def is_valid(data: bytes) -> bool:
    try:
        scan(data)
    except InvalidJSON as problem:
        return not 0 <= problem.offset <= len(data)
    return True


def test_places_order_and_duplicates_are_kept() -> None:
    value = scan(b' {"b": 1.50e3, "a":[true], "b":"x"}')
    assert isinstance(value, JsonObject)
    assert value.start == 1
    assert [(member.name, member.start) for member in value.members] == [
        ("b", 2),
        ("a", 15),
        ("b", 27),
    ]
    assert value.members[0].value == JsonNumber("1.50e3", 7)
    assert value.members[1].value == JsonArray((JsonBool(True, 20),), 19)
    assert [type_name(member.value) for member in value.members] == ["number", "array", "string"]


@pytest.mark.rule("K-090")
class TestK090Syntax:
    """Go's messages for broken documents; recorded with encoding/json of Go 1.26."""

    @pytest.mark.parametrize(
        ("data", "message", "offset"),
        [
            (b"", "unexpected end of JSON input", 0),
            (b"  ", "unexpected end of JSON input", 2),
            (b"[1", "unexpected end of JSON input", 2),
            (b'{"a"', "unexpected end of JSON input", 4),
            (b'"abc', "unexpected end of JSON input", 4),
            (b"tru", "invalid character ' ' in literal true (expecting 'e')", 3),
            (b"-", "invalid character ' ' in numeric literal", 1),
            (b'"a\\', "invalid character ' ' in string escape code", 3),
            (b'"\\u12', "invalid character ' ' in \\u hexadecimal character escape", 5),
            (b"1 2", "invalid character '2' after top-level value", 2),
            (b"01", "invalid character '1' after top-level value", 1),
            (b"[1 2]", "invalid character '2' after array element", 3),
            (b'{"a":1 "b"}', "invalid character '\"' after object key:value pair", 7),
            (b'{"a" 1}', "invalid character '1' after object key", 5),
            (b"{1}", "invalid character '1' looking for beginning of object key string", 1),
            (b'{"a":1,}', "invalid character '}' looking for beginning of object key string", 7),
            (b"[1,]", "invalid character ']' looking for beginning of value", 3),
            (b"'", "invalid character '\\'' looking for beginning of value", 0),
            (b"\xef\xbb\xbf{}", "invalid character 'ï' looking for beginning of value", 0),
            (b"\x00", "invalid character '\\x00' looking for beginning of value", 0),
            (b'"\n"', "invalid character '\\n' in string literal", 1),
            (b"1.x", "invalid character 'x' after decimal point in numeric literal", 2),
            (b"1ex", "invalid character 'x' in exponent of numeric literal", 2),
            (b"1e+x", "invalid character 'x' in exponent of numeric literal", 3),
            (b"1.5.", "invalid character '.' after top-level value", 3),
        ],
    )
    def test_a_broken_document_is_named_as_go_names_it(
        self, data: bytes, message: str, offset: int
    ) -> None:
        with pytest.raises(InvalidJSON) as caught:
            scan(data)
        assert (caught.value.message, caught.value.offset) == (message, offset)

    def test_the_depth_limit_is_gos_and_not_pythons(self) -> None:
        scan(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
        with pytest.raises(InvalidJSON, match="exceeded max depth"):
            scan(b"[" * (MAX_DEPTH + 1))


@pytest.mark.rule("K-077")
class TestK077Strings:
    """Text is written with Go's HTML escaping."""

    @pytest.mark.parametrize("case", cases("wire/strings"), ids=lambda case: case.id)
    def test_bytes_are_written_as_go_writes_them(self, case: Case) -> None:
        text = case.input_bytes("bytes").decode("utf-8", "surrogateescape")
        assert encode_string(text) == case.expect["json"]

    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_what_is_written_reads_back(self, text: str) -> None:
        assert scan(encode_string(text).encode()) == JsonString(text, 0)
        assert json.loads(encode_string(text)) == text


@given(st.binary(max_size=20))
def test_decoded_text_never_holds_a_surrogate_and_keeps_valid_parts(data: bytes) -> None:
    text = decode_utf8(data)
    text.encode()
    if "\ufffd" not in text:
        assert text.encode() == data
    # Go replaces one byte at a time, never several at once.
    bad = sum("\udc80" <= char <= "\udcff" for char in data.decode("utf-8", "surrogateescape"))
    assert text.count("\ufffd") == bad + data.count(b"\xef\xbf\xbd")
