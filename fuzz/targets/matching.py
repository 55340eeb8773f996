#!/usr/bin/env python3
"""A pattern matches by its four questions alone, and its explanation says the same.

Input: pattern and repo name, one line each. For plain patterns the questions
(port, number of parts, path prefix, each part) are asked here once more, with
string operations. A longer path never stops matching. Explanations never fail.

Source: K-040 to K-045.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from pullproof.corpus.cases import cases
from pullproof.fuzz.targets.support.cursor import texts
from pullproof.model.goglob import BadPattern
from pullproof.model.gourl import InvalidURL
from pullproof.model.matching import explain, is_image_allowed, matches, urls_match

_PLAIN_PATTERN = re.compile(r"[a-z0-9*.-]+(:[0-9]+)?(/[a-z0-9./_-]*)?")
_PLAIN_NAME = re.compile(r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9./_-]*)?")


def check(data: bytes) -> None:
    """Ask whether the first line of `data` matches the second."""
    pattern, name = texts(data, 2)
    found = matches(pattern, name)
    assert found == _by_the_strict_question(pattern, name), "two answers to one question"
    assert is_image_allowed(("[", pattern), name) == found, "more patterns are not any of them"
    if found and "/" in name and not {"?", "#"} & set(name):
        assert matches(pattern, name + "x"), "a longer path stops matching"
    if _PLAIN_PATTERN.fullmatch(pattern) and _PLAIN_NAME.fullmatch(name):
        assert found == _matches(pattern, name), "not what the four questions say"
    if _PLAIN_NAME.fullmatch(name):
        assert matches(name, name), "a plain name does not match itself"
    if len(data) % 8 == 0:
        sentence = explain(pattern, name)
        assert sentence.endswith("."), "an explanation is no sentence"


def from_corpus() -> Iterator[bytes]:
    """Yield the patterns of the corpus with their repo names."""
    for case in cases("names/matching"):
        yield case.input_bytes("pattern") + b"\n" + case.input_bytes("repoName")


def _by_the_strict_question(pattern: str, name: str) -> bool:
    try:
        return urls_match(pattern, name)
    except (InvalidURL, BadPattern):
        return False


def _matches(pattern: str, name: str) -> bool:
    pattern_host, pattern_path = _split(pattern)
    name_host, name_path = _split(name)
    pattern_parts, pattern_port = _host(pattern_host)
    name_parts, name_port = _host(name_host)
    return (
        pattern_port == name_port
        and name_path.startswith(pattern_path)
        and len(pattern_parts) == len(name_parts)
        and all(map(fnmatchcase, name_parts, pattern_parts))
    )


def _split(text: str) -> tuple[str, str]:
    host, slash, path = text.partition("/")
    return host, slash + path


def _host(text: str) -> tuple[list[str], str]:
    name, _, port = text.partition(":")
    return name.split("."), port


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
