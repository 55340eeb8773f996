#!/usr/bin/env python3
r"""A glob matches what an automaton without any cleverness says it matches.

Input: pattern and name, one line each. Patterns with a bracket or a backslash
are compared only in part: whatever is escaped throughout matches itself alone.

Source: K-043, K-045.
"""

from collections.abc import Iterator

from pullproof.corpus.cases import cases
from pullproof.fuzz.targets.support.cursor import texts
from pullproof.model.goglob import BadPattern, match

_SPECIAL = frozenset("*?[\\")
MAX_LEN = 32
_LONGEST = 64
"""Bytes of both together: parts of hosts are short, and the automaton is quadratic."""
_LONGEST_ESCAPED = 16


def check(data: bytes) -> None:
    """Match the second line of `data` against the first."""
    pattern, name = texts(data[:_LONGEST], 2)
    if len(name) <= _LONGEST_ESCAPED:
        escaped = "".join("\\" + char if char in _SPECIAL else char for char in name)
        assert match(escaped, name), "an escaped name does not match itself"
    try:
        found = match(pattern, name)
    except BadPattern as problem:
        return _check_refusal(problem, pattern)
    if _SPECIAL.isdisjoint(pattern):
        assert found == (pattern == name), "plain text matches itself and nothing else"
    if not (_may_be_bad(pattern) or _has_foreign_bytes(pattern + name)):
        assert found == _matches(pattern, name), "not what the automaton says"
    return None


def from_corpus() -> Iterator[bytes]:
    """Yield pairs of host parts of the corpus."""
    for case in cases("names/matching"):
        pattern, name = (case.input_bytes(each) for each in ("pattern", "repoName"))
        for pair in zip(pattern.split(b"."), name.split(b"."), strict=False):
            yield b"\n".join(pair)[:_LONGEST]


def _check_refusal(problem: BadPattern, pattern: str) -> None:
    assert problem.pattern == pattern, "the error is about another pattern"
    assert _may_be_bad(pattern), "a pattern without escapes and classes is never bad"


def _may_be_bad(pattern: str) -> bool:
    return "[" in pattern or "\\" in pattern


def _has_foreign_bytes(text: str) -> bool:
    return any("\udc80" <= char <= "\udcff" for char in text)


def _matches(pattern: str, name: str) -> bool:
    """Keep the set of places in `pattern` that the name may have reached."""
    places = _past_stars({0}, pattern)
    for char in name:
        after: set[int] = set()
        for place in places:
            if place == len(pattern):
                continue
            symbol = pattern[place]
            if symbol == "*" and char != "/":
                after.add(place)
            elif symbol == char or (symbol == "?" and char != "/"):
                after.add(place + 1)
        places = _past_stars(after, pattern)
    return len(pattern) in places


def _past_stars(places: set[int], pattern: str) -> set[int]:
    found: set[int] = set()
    for place in places:
        found.add(place)
        while place < len(pattern) and pattern[place] == "*":
            place += 1
            found.add(place)
    return found


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
