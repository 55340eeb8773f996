"""YAML as go-yaml version 2 reads it, scalar by scalar."""

from typing import cast

import pytest

from pullproof.model.config_yaml import InvalidYAML, read_yaml
from pullproof.model.gojson import (
    JsonArray,
    JsonBool,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
)


def plain(value: JsonValue) -> object:
    """Return a value as Python's own types; numbers as their text in a list."""
    match value:
        case JsonObject(members):
            whole: dict[str, object] = {m.name: plain(m.value) for m in members}
            return whole
        case JsonArray(items):
            return tuple(plain(item) for item in items)
        case JsonNumber(text):
            return [text]
        case JsonNull():
            return None
        case JsonString(text):
            return text
        case JsonBool():
            return value.value


def value_of(text: str) -> object:
    document = plain(read_yaml(f"a: {text}\n".encode()).value)
    return cast("dict[str, object]", document)["a"]


@pytest.mark.rule("K-023")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(word, True) for word in ("y", "Y", "yes", "Yes", "YES", "on", "On", "true", "TRUE")],
        *[(word, False) for word in ("n", "N", "no", "NO", "off", "OFF", "false", "False")],
        *[(word, word) for word in ("yEs", "tRUE", "oN", "nO", "Null_", "nan", "inf", "<<", "=")],
        *[(word, None) for word in ("", "~", "null", "Null", "NULL", "!!null ~")],
        ("12", ["12"]),
        ("+12", ["12"]),
        ("-0x1F", ["-31"]),
        ("010", ["8"]),
        ("0o10", ["8"]),
        ("0b11", ["3"]),
        ("1_000", ["1000"]),
        ("08", ["8"]),
        ("18446744073709551615", ["18446744073709551615"]),
        ("1.5", ["1.5"]),
        (".5", ["0.5"]),
        ("1.", ["1"]),
        ("1e3", ["1000"]),
        ("1e999", "1e999"),
        ("1:30", "1:30"),
        ("0x", "0x"),
        ("1.2.3", "1.2.3"),
        ("._5", "._5"),
        ("2001-01-01", "2001-01-01"),
        ("'12'", "12"),
        ('"yes"', "yes"),
        ("! '12'", "12"),
        ("! 12", "12"),
        ("!!str 12", "12"),
        ("!!str", ""),
        ("!!int '12'", ["12"]),
        ("!!float 3", ["3"]),
        ("!!bool y", True),
        ("!!timestamp 2001-01-01", "2001-01-01"),
        ("!!binary aGk=", "hi"),
        ("!other 12", "12"),
        ("a\tb", "a\tb"),
        ("\tb", "b"),
        ("[a:b, c:]", ("a:b", "c:")),
        ("[a, ]", ("a",)),
        ("{b: c}", {"b": "c"}),
        ("{1: a, y: b, 1.5: c}", {"1": "a", "true": "b", "1.5": "c"}),
        ("b # c", "b"),
        ("b\n  c\n\n\n  d", "b c\n\nd"),
        ("b\u2028  c", "b\u2028c"),
        ("b\r\n  c\r  d", "b c d"),
        ("b#c", "b#c"),
    ],
)
def test_scalars_are_what_go_yaml_makes_of_them(text: str, value: object) -> None:
    assert value_of(text) == value


@pytest.mark.rule("K-023")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: !!int abc", "yaml: cannot decode !!str `abc` as a !!int"),
        ("a: !!bool 1", "yaml: cannot decode !!int `1` as a !!bool"),
        ("a: !!timestamp x", "yaml: cannot decode !!str `x` as a !!timestamp"),
        ("a: !!binary '*'", "yaml: !!binary value contains invalid base64 data"),
        ("a: .inf", "json: unsupported value: +Inf"),
        ("a: [.nan]", "json: unsupported value: NaN"),
        ("a: *b", "yaml: unknown anchor 'b' referenced"),
        ("a: &a {b: *a}", "yaml: anchor 'a' value contains itself"),
        ("a: &a {<<: *a}", "yaml: anchor 'a' value contains itself"),
        ("a: b: c", "yaml: mapping values are not allowed in this context"),
        ("a: b\nc: d: e", "yaml: line 2: mapping values are not allowed in this context"),
        ("a:\n- b\nc", "yaml: line 4: could not find expected ':'"),
        ("a: 'b", "yaml: line 2: found unexpected end of stream"),
        ("a: @b", "yaml: found character that cannot start any token"),
        ("a: [b", "yaml: line 1: did not find expected ',' or ']'"),
        ("a: b\n - c\nd: [", "yaml: line 3: did not find expected node content"),
        ("\x01", "yaml: control characters are not allowed"),
        ("<<: 1", "yaml: map merge requires map or sequence of maps as the value"),
    ],
)
def test_mistakes_are_told_in_go_yamls_words(text: str, message: str) -> None:
    with pytest.raises(InvalidYAML) as caught:
        read_yaml(f"{text}\n".encode())
    assert str(caught.value) == message


@pytest.mark.rule("K-023")
@pytest.mark.parametrize(
    "text",
    ["a: 1\n---\nb: [\n", "---\na: 1\n...\n%%%\n", "# c\n---\na: 1\n", "%YAML 1.1\n---\na: 1"],
)
def test_only_the_first_document_counts(text: str) -> None:
    assert plain(read_yaml(text.encode()).value) == {"a": ["1"]}


@pytest.mark.rule("K-023")
@pytest.mark.parametrize("text", ["x\n---\ny\n", "x\n...\ny\n", "x\n\n--- y\n", "x\n..."])
def test_a_plain_text_ends_at_a_document_marker(text: str) -> None:
    assert plain(read_yaml(text.encode()).value) == "x"


@pytest.mark.rule("K-023")
def test_repeated_keys_are_told_with_the_line_of_their_value() -> None:
    document = read_yaml(b"a: 1\nb:\n  c: 1\n  c:\n    2\na: 3\n")
    assert [(d.line, d.path, str(d)) for d in document.duplicates] == [
        (5, "b.c", 'line 5: key "c" already set in map'),
        (6, "a", 'line 6: key "a" already set in map'),
    ]


@pytest.mark.rule("K-023")
def test_merged_keys_count_as_their_own() -> None:
    document = read_yaml(b"x: &x {a: 1, b: 2}\nk: {<<: *x, c: 3}\nz: {a: 0, <<: [*x]}\n")
    value = plain(document.value)
    assert cast("dict[str, object]", value)["k"] == {"a": ["1"], "b": ["2"], "c": ["3"]}
    assert [duplicate.key for duplicate in document.duplicates] == ['"a"']


def test_an_anchor_may_be_defined_again() -> None:
    assert value_of("[&a x, *a, &a z, *a]") == ("x", "x", "z", "z")


def test_aliases_cannot_go_deeper_than_nesting_can() -> None:
    lines = ["- &a0 x", *(f"- &a{i} [*a{i - 1}]" for i in range(1, 200))]
    with pytest.raises(InvalidYAML, match="exceeded max depth"):
        read_yaml("\n".join(lines).encode())


def test_values_know_their_lines() -> None:
    document = read_yaml(b"b:\n- x\n-\n  y\na: 1\n").value
    assert isinstance(document, JsonObject)
    first, second = document.members
    assert [first.name, second.name] == ["a", "b"]
    assert (first.start, second.start) == (5, 1)
    assert isinstance(second.value, JsonArray)
    assert [item.start for item in second.value.items] == [2, 4]
