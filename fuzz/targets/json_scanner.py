#!/usr/bin/env python3
"""The scanner takes the JSON that Python's parser takes, and reads it the same.

Python's parser is the twin, made as strict as Go's where that can be said in
an option. What is left is told in `EXPLAINED`: a difference for another reason
is a violation. Offsets point at the byte that stands there.

Source: K-090, K-091.
"""

import json
from collections.abc import Iterator
from typing import Any

from pullproof.corpus.cases import cases
from pullproof.fuzz.targets.support.json_mutator import Members
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
    scan,
)

MAX_LEN = 96
EXPLAINED = {
    "foreign bytes": "Go reads bytes that are no UTF-8, and half surrogates, as U+FFFD",
    "depth": f"Go stops at {MAX_DEPTH} levels, Python at its stack's end",
}


class _Other(ValueError):
    """Python's parser knows this, JSON does not."""


def check(data: bytes) -> None:
    """Scan `data` twice."""
    try:
        found = scan(data)
    except InvalidJSON as problem:
        return _check_refusal(problem, data)
    twin = _twin(data)
    if twin is not None:
        assert _plain(found) == twin[0], "Python reads something else"
    return _check_offsets(found, data) if len(data) % 4 == 0 else None


def from_corpus() -> Iterator[bytes]:
    """Yield the responses of the corpus."""
    for case in cases("wire/responses"):
        data = case.input_bytes("stdout")
        if len(data) < 512:
            yield data


def _check_refusal(problem: InvalidJSON, data: bytes) -> None:
    assert 0 <= problem.offset <= len(data), "the error is outside of the input"
    assert _twin(data) is None, "Python reads what was refused"


def _twin(data: bytes) -> tuple[Any] | None:
    """Return what Python reads, in a tuple, or None if it cannot say."""
    if len(data) > 100_000 or data.startswith(b"\xef\xbb\xbf"):
        return None
    try:
        text = data.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=Members, parse_int=str, parse_float=str, parse_constant=_other
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # refuses half surrogates
    except (ValueError, RecursionError):
        return None
    return (value,)


def _other(text: str) -> object:
    raise _Other(text)


def _plain(value: JsonValue) -> Any:
    match value:
        case JsonObject():
            return Members([(member.name, _plain(member.value)) for member in value.members])
        case JsonArray():
            return [_plain(item) for item in value.items]
        case JsonString() | JsonNumber():
            return value.text
        case JsonBool():
            return value.value
        case JsonNull():
            return None


def _check_offsets(value: JsonValue, data: bytes) -> None:
    todo = [value]
    while todo:
        item = todo.pop()
        first = data[item.start : item.start + 1]
        match item:
            case JsonObject():
                assert first == b"{", "no object stands there"
                todo += (member.value for member in item.members)
            case JsonArray():
                assert first == b"[", "no array stands there"
                todo += item.items
            case JsonString():
                assert first == b'"', "no string stands there"
            case JsonNumber():
                assert data.startswith(item.text.encode(), item.start), "no number stands there"
            case _:
                assert first in b"tfn", "no literal stands there"


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
