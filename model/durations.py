"""Go durations: the text form of `cacheDuration` and `defaultCacheDuration`.

A duration is a signed 64-bit count of nanoseconds. The kubelet reads it with
Go's `time.ParseDuration`, whose arithmetic (fractions as 64-bit floats, the
most negative value allowed) is kept here to the last nanosecond.

Source: K-095, K-105; compared with Go 1.26.
"""

import re

_LIMIT = 1 << 63
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,  # micro sign
    "\u03bcs": 1_000,  # Greek letter mu
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
# One term: whole part, fraction, unit. A unit ends at the next digit or dot.
_TERM = re.compile(r"([0-9]*)(\.([0-9]*))?([^0-9.]*)")


class InvalidDuration(ValueError):
    """The text is no Go duration; the message is the one Go gives."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"time: {reason} {_quote(text)}")
        self.text = text
        self.reason = reason
        """`invalid duration`, `missing unit in duration` or
        `unknown unit "x" in duration`."""


def parse_duration(text: str) -> int:
    """Return the nanoseconds that `text` stands for.

    >>> parse_duration("1h1h"), parse_duration("-1.5s"), parse_duration("0")
    (7200000000000, -1500000000, 0)

    Raises:
        InvalidDuration: Go refuses the text, or it does not fit in 64 bits.
    """
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":  # the only number that needs no unit
        return 0
    total = 0
    at = 0
    while at < len(rest) or not rest:
        amount, at = _term(text, rest, at)
        # Go adds 64 bits and looks only afterwards: twice 1 << 63 is nothing.
        total = (total + amount) % (1 << 64)
        if total > _LIMIT:
            raise InvalidDuration(text, "invalid duration")
    if text[0] == "-":
        return -total  # -(1 << 63) is a duration, 1 << 63 is not
    if total == _LIMIT:
        raise InvalidDuration(text, "invalid duration")
    return total


def format_duration(nanoseconds: int) -> str:
    """Return Go's text for a duration: `1h0m0s`, `1.5s`, `21.6µs`, `0s`.

    >>> format_duration(5_400_000_000_000), format_duration(-21_600)
    ('1h30m0s', '-21.6µs')
    """
    if nanoseconds == 0:
        return "0s"
    sign, size = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    for unit, width in (("ns", 1), ("µs", 1_000), ("ms", 1_000_000)):
        if size < width * 1_000:
            return f"{sign}{_decimal(size, width)}{unit}"
    minutes, rest = divmod(size, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_decimal(rest, _UNITS['s'])}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"


def _term(text: str, rest: str, at: int) -> tuple[int, int]:
    """Return one number with its unit, in ns, and where it ends in `rest`."""
    match = _TERM.match(rest, at)
    assert match is not None  # every part of the pattern may be empty
    whole, _, fraction, unit = match.groups()
    # Go's number grammar is ASCII; other digits are letters of a unit to it.
    if not whole and not fraction:
        raise InvalidDuration(text, "invalid duration")
    value = int(whole or "0") if len(whole.lstrip("0")) <= 19 else _LIMIT + 1
    if value > _LIMIT:
        raise InvalidDuration(text, "invalid duration")
    if not unit:
        raise InvalidDuration(text, "missing unit in duration")
    if unit not in _UNITS:
        raise InvalidDuration(text, f"unknown unit {_quote(unit)} in duration")
    width = _UNITS[unit]
    value *= width
    if value <= _LIMIT and fraction:
        value += _fraction(fraction, width)
    if value > _LIMIT:
        raise InvalidDuration(text, "invalid duration")
    return value, match.end()


def _fraction(digits: str, width: int) -> int:
    """Return the ns of a fraction, rounded as Go's floats round it."""
    count, scale = 0, 1.0
    for digit in digits:
        longer = count * 10 + int(digit)
        if count > (_LIMIT - 1) // 10 or longer > _LIMIT:
            break  # digits beyond 64 bits are dropped
        count, scale = longer, scale * 10
    return int(float(count) * (float(width) / scale))


def _decimal(size: int, width: int) -> str:
    """Return size/width without trailing zeros."""
    whole, part = divmod(size, width)
    digits = str(part).rjust(len(str(width)) - 1, "0").rstrip("0") if part else ""
    return f"{whole}.{digits}" if digits else str(whole)


def _quote(text: str) -> str:
    """Return `text` as package time quotes it: other bytes as `\\xNN`."""
    parts: list[str] = []
    for char in text:
        if char in '"\\':
            parts.append("\\" + char)
        elif " " <= char < "\x80":
            parts.append(char)
        else:
            parts += (f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
    return '"' + "".join(parts) + '"'
