#!/usr/bin/env python3
"""A text is a Go duration exactly if plain arithmetic says so, to the nanosecond.

Go's own arithmetic is 64-bit integers and floats; here it is compared with
unbounded integers. Each number with its unit may be off by what a float loses.
What was read is written and read again, and eight bytes are a duration.

Source: K-095, K-105.
"""

import re
from collections.abc import Iterator

from pullproof.corpus.cases import cases
from pullproof.model.durations import InvalidDuration, format_duration, parse_duration

MAX_LEN = 40
LIMIT = 1 << 63
_UNITS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9,
    "m": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip
_NUMBER = r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)"
_TERM = re.compile(_NUMBER)
_WHOLE = re.compile(rf"[+-]?(?:0|(?:{_NUMBER})+)")
_FLOAT_NS = 2


def check(data: bytes) -> None:
    """Read `data` as a text, and eight bytes of it as a duration, too."""
    if len(data) == 8:
        number = int.from_bytes(data, "little", signed=True)
        assert parse_duration(format_duration(number)) == number, "writing is not undone by reading"
    text = data.decode("utf-8", "surrogateescape")
    try:
        found = parse_duration(text)
    except InvalidDuration as problem:
        return _check_refusal(problem, text)
    terms = _terms(text)
    assert terms is not None, "no duration was read as one"
    assert -LIMIT <= found < LIMIT, "more than 64 bits"
    if all(term < LIMIT - _FLOAT_NS for term in terms):  # else Go's sum may have wrapped around
        exact = -sum(terms) if text.startswith("-") else sum(terms)
        assert abs(exact - found) <= _FLOAT_NS * len(terms), "not what the text says"
    assert parse_duration(format_duration(found)) == found, "writing is not undone by reading"
    return None


def from_corpus() -> Iterator[bytes]:
    """Yield the durations of the corpus."""
    for case in cases("wire/durations"):
        yield case.input_bytes("text")
    for number in (0, 1, 999, 10**9, 3600 * 10**9 + 1, LIMIT - 1, -LIMIT):
        yield number.to_bytes(8, "little", signed=True)


def _check_refusal(problem: InvalidDuration, text: str) -> None:
    assert str(problem).startswith(f"time: {problem.reason} "), "not Go's message"
    terms = _terms(text)
    too_long = terms is not None and sum(terms) + _FLOAT_NS * len(terms) >= LIMIT
    assert terms is None or too_long, "a duration was refused"


def _terms(text: str) -> list[int] | None:
    """Return the whole nanoseconds of each number, or None if there is no duration."""
    if not _WHOLE.fullmatch(text):
        return None
    return [_exact(number, _UNITS[unit]) for number, unit in _TERM.findall(text)]


def _exact(number: str, width: int) -> int:
    whole, _, fraction = number.partition(".")
    if len(whole.lstrip("0")) > 30 or len(fraction) > 300:  # quadratic, and far beyond the limit
        return LIMIT if whole.strip("0") else 0
    return int(whole or "0") * width + int(fraction or "0") * width // int(
        "1" + "0" * len(fraction)
    )


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
