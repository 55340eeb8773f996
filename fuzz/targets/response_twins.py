#!/usr/bin/env python3
"""Our decoder, the typed model and the JSON Schema agree, or `EXPLAINED` says why not.

The decoder is the judge. The other two see a document that Python has already
parsed, so there are things they cannot know; each is a row with a predicate.
A difference that no row explains is a violation.

Source: K-090 to K-096.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import ValidationError

from pullproof import schemas
from pullproof.fuzz.targets.response_decoder import API_VERSION, from_corpus, mutate
from pullproof.model.documents import ResponseV1
from pullproof.model.durations import InvalidDuration, parse_duration
from pullproof.model.response import Response, judge_response

__all__ = ["EXPLAINED", "Difference", "check", "from_corpus", "mutate"]

_VALIDATOR: Any = Draft202012Validator(schemas.load("credential-provider-response-v1"))


class _Members(dict[str, Any]):
    """A parsed object that remembers whether a name came twice."""

    is_doubled = False


@dataclass(frozen=True, slots=True)
class Difference:
    """Who may disagree with the decoder, on which documents, and why."""

    who: str
    """`schema`, `model` or `both`."""
    verdict: str
    """What they say: `accept` or `refuse`."""
    why: str
    holds: Callable[[Any], bool]


def _has_double(value: Any) -> bool:
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, _Members):
            if item.is_doubled:
                return True
            todo += item.values()
        elif isinstance(item, list):
            todo += item
    return False


def _has_bad_duration(value: Any) -> bool:
    """Whether only arithmetic, or a line's end, tells that this is no duration."""
    text = value.get("cacheDuration")
    try:
        parse_duration(text)
    except (InvalidDuration, TypeError):
        return isinstance(text, str)
    return False


def _has_half_surrogate(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


EXPLAINED = (
    Difference("both", "accept", "duplicates are gone once JSON is parsed", _has_double),
    Difference("schema", "accept", "a pattern cannot add numbers", _has_bad_duration),
    Difference("model", "refuse", "typed texts are UTF-8; Go reads U+FFFD", _has_half_surrogate),
)


def check(data: bytes) -> None:
    """Ask all three about `data`."""
    try:
        document = json.loads(
            data.decode("utf-8", "replace"),
            object_pairs_hook=_members,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError):  # Python's opinion of JSON: see json_scanner
        return
    accepted = isinstance(judge_response(data, api_version=API_VERSION), Response)
    for who, ask in (("schema", _schema_accepts), ("model", _model_accepts)):
        says = ask(document)
        assert says == accepted or _is_explained(who, says, document), (
            f"the {who} {'accepts' if says else 'refuses'} what the decoder does not"
        )


def _members(pairs: list[tuple[str, Any]]) -> _Members:
    found = _Members(pairs)
    found.is_doubled = len(found) < len(pairs)
    return found


def _refuse_constant(text: str) -> object:
    raise ValueError(text)


def _is_explained(who: str, says: bool, document: Any) -> bool:
    verdict = "accept" if says else "refuse"
    return any(
        row.who in (who, "both") and row.verdict == verdict and row.holds(document)
        for row in EXPLAINED
    )


def _schema_accepts(document: Any) -> bool:
    return bool(_VALIDATOR.is_valid(document))


def _model_accepts(document: Any) -> bool:
    try:
        ResponseV1.model_validate(document)
    except ValidationError:
        return False
    return True


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
