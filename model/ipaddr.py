"""IP addresses as Go's `netip.ParseAddr` reads them.

Python's `ipaddress` accepts almost the same texts, but the kubelet's message
about a bad `matchImages` entry quotes Go's reason, and so do we.

Source: K-041, Q-08; Go net/netip, as measured (Go std).
"""

from string import hexdigits

from pullproof.model.goquote import quote

_GROUPS = 8


class InvalidAddress(ValueError):
    """Go refuses the address; `str()` is Go's message."""

    def __init__(self, text: str, reason: str, at: str = "") -> None:
        place = f" (at {quote(at)})" if at else ""
        super().__init__(f"ParseAddr({quote(text)}): {reason}{place}")


def check_address(text: str) -> int:
    """Return 4 or 6, the version of the address that `text` writes.

    >>> check_address("fd00::1"), check_address("10.0.0.1")
    (6, 4)

    Raises:
        InvalidAddress: Go refuses `text`.
    """
    for character in text:
        if character == ".":
            _check_dotted(text, text)
            return 4
        if character == ":":
            _check_groups(text)
            return 6
        if character == "%":
            raise InvalidAddress(text, "missing IPv6 address")
    raise InvalidAddress(text, "unable to parse IP")


def _check_dotted(text: str, dotted: str) -> None:
    """Check four numbers; `text` is the whole address, for messages."""
    value = digits = dots = 0
    for place, character in enumerate(dotted):
        if character in "0123456789":
            if digits == 1 and value == 0:
                raise InvalidAddress(text, "IPv4 field has octet with leading zero")
            value = value * 10 + int(character)
            digits += 1
            if value > 255:
                raise InvalidAddress(text, "IPv4 field has value >255")
        elif character != ".":
            raise InvalidAddress(text, "unexpected character", dotted[place:])
        elif not digits or place == len(dotted) - 1:
            raise InvalidAddress(text, "IPv4 field must have at least one digit", dotted[place:])
        elif dots == 3:
            raise InvalidAddress(text, "IPv4 address too long")
        else:
            value, digits, dots = 0, 0, dots + 1
    if dots < 3:
        raise InvalidAddress(text, "IPv4 address too short")


def _check_groups(text: str) -> None:
    rest, percent, zone = text.partition("%")
    if percent and not zone:
        raise InvalidAddress(text, "zone must be a non-empty string")
    shortened = rest.startswith("::")
    if shortened:
        rest = rest[2:]
        if not rest:
            return
    groups = 0
    while groups < _GROUPS:
        group = _check_group(text, rest)
        if rest[len(group) :].startswith("."):
            _check_embedded(text, rest, groups, shortened)
            groups, rest = groups + 2, ""
            break
        groups += 1
        rest = rest[len(group) :]
        if not rest:
            break
        if not rest.startswith(":"):
            raise InvalidAddress(text, "unexpected character, want colon", rest)
        if rest == ":":
            raise InvalidAddress(text, "colon must be followed by more characters", rest)
        rest = rest[1:]
        if rest.startswith(":"):
            if shortened:
                raise InvalidAddress(text, "multiple :: in address", rest)
            shortened, rest = True, rest[1:]
            if not rest:
                break
    if rest:
        raise InvalidAddress(text, "trailing garbage after address", rest)
    if groups < _GROUPS and not shortened:
        raise InvalidAddress(text, "address string too short")
    if groups == _GROUPS and shortened:
        raise InvalidAddress(text, "the :: must expand to at least one field of zeros")


def _check_group(text: str, rest: str) -> str:
    length = next((n for n, c in enumerate(rest) if c not in hexdigits), len(rest))
    if length > 4:
        raise InvalidAddress(text, "each group must have 4 or less digits", rest)
    if not length:
        reason = "each colon-separated field must have at least one digit"
        raise InvalidAddress(text, reason, rest)
    return rest[:length]


def _check_embedded(text: str, rest: str, groups: int, shortened: bool) -> None:
    """Check an IPv4 address in place of the last two groups."""
    if not shortened and groups != _GROUPS - 2:
        reason = "embedded IPv4 address must replace the final 2 fields of the address"
        raise InvalidAddress(text, reason, rest)
    if groups > _GROUPS - 2:
        reason = "too many hex fields to fit an embedded IPv4 at the end of the address"
        raise InvalidAddress(text, reason, rest)
    _check_dotted(text, rest)
