"""Go's `filepath.Match` on Unix, used by the kubelet for one part of a host.

`*` is any run without `/`, `?` one character but `/`, `[a-z]` and `[^a-z]`
one character of a class, `\\\\` takes the next character literally. Unlike in
Python's `fnmatch`, a malformed pattern is an error, and only when the match
gets as far as the malformed piece (K-045).

Source: K-043, K-045; Go path/filepath, as measured (Go std).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SPECIAL = re.compile(rb"[\[\]?\\]")
"""What makes more of a piece than plain bytes."""
_ILL_FORMED = 0xFFFD
"""What Go reads where bytes are no UTF-8."""


class BadPattern(ValueError):
    """The pattern is malformed; `str()` is Go's message."""

    def __init__(self, pattern: str) -> None:
        super().__init__("syntax error in pattern")
        self.pattern = pattern


def match(pattern: str, name: str) -> bool:
    """Return whether the whole of `name` matches `pattern`.

    >>> match("reg*", "registry"), match("[xyz]", "y"), match("*", "a/b")
    (True, True, False)

    Raises:
        BadPattern: `pattern` is malformed in a piece that was looked at.

    Source: K-043.
    """
    try:
        return _match(_bytes(pattern), _bytes(name))
    except _Malformed:
        raise BadPattern(pattern) from None


class _Malformed(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands between two runs of stars."""

    after_star: bool
    text: bytes
    last: bool


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _match(pattern: bytes, name: bytes) -> bool:
    for piece in _pieces(pattern):
        if piece.after_star and not piece.text:
            return b"/" not in name
        rest = _place(piece, name)
        if rest is None:
            return False
        name = rest
    return not name


def _pieces(pattern: bytes) -> Iterator[_Piece]:
    while pattern:
        text = pattern.lstrip(b"*")
        end = _end_of_piece(text)
        yield _Piece(len(text) < len(pattern), text[:end], end == len(text))
        pattern = text[end:]


def _end_of_piece(text: bytes) -> int:
    """Return the index of the first star that is neither escaped nor in a class."""
    if not _SPECIAL.search(text):
        end = text.find(b"*")
        return len(text) if end < 0 else end
    in_class = False
    at = 0
    while at < len(text):
        symbol = text[at : at + 1]
        if symbol == b"*" and not in_class:
            return at
        if symbol in b"[]":
            in_class = symbol == b"["
        at += 2 if symbol == b"\\" else 1
    return len(text)


def _place(piece: _Piece, name: bytes) -> bytes | None:
    """Return what remains of `name` after the first place where `piece` fits.

    A star stands for as little as possible: the first fit is kept, and only
    the last piece must reach the end.
    """
    for start in range(len(name) + 1):
        rest = _fit(piece.text, name[start:])
        if rest is not None and not (piece.last and rest):
            return rest
        if not piece.after_star or name[start : start + 1] == b"/":
            return None
    return None


def _fit(text: bytes, name: bytes) -> bytes | None:
    """Return what remains of `name` after `text`; None if it does not fit.

    Reads `text` to its end even when the name no longer fits, because a
    malformed pattern is an error either way.
    """
    if not _SPECIAL.search(text):
        return name[len(text) :] if name.startswith(text) else None
    fits = True
    while text:
        fits = fits and bool(name)
        symbol, text = text[:1], text[1:]
        if symbol == b"[":
            rune, name = _rune(name) if fits else (0, name)
            inside, text = _in_class(text, rune)
            fits = fits and inside
        elif symbol == b"?":
            fits = fits and not name.startswith(b"/")
            _, name = _rune(name) if name else (0, name)
        else:
            if symbol == b"\\":
                if not text:
                    raise _Malformed
                symbol, text = text[:1], text[1:]
            fits = fits and name.startswith(symbol)
            name = name[1:]
    return name if fits else None


def _in_class(text: bytes, rune: int) -> tuple[bool, bytes]:
    """Return whether `rune` is in the class and the text after its bracket."""
    negated = text.startswith(b"^")
    text = text[negated:]
    found = False
    ranges = 0
    while not (ranges and text.startswith(b"]")):
        low, text = _bound(text)
        high = low
        if text.startswith(b"-"):
            high, text = _bound(text[1:])
        found = found or low <= rune <= high
        ranges += 1
    return found is not negated, text[1:]


def _bound(text: bytes) -> tuple[int, bytes]:
    if not text or text[:1] in b"-]":
        raise _Malformed
    if text.startswith(b"\\"):
        text = text[1:]
    if not text:
        raise _Malformed
    rune, rest = _rune(text)
    ill_formed = rune == _ILL_FORMED and len(text) - len(rest) == 1
    if ill_formed or not rest:
        raise _Malformed
    return rune, rest


def _rune(data: bytes) -> tuple[int, bytes]:
    """Return the first character of `data`, not empty, and the rest."""
    for length in range(1, 5):
        try:
            return ord(data[:length].decode()), data[length:]
        except (UnicodeDecodeError, TypeError):
            continue
    return _ILL_FORMED, data[1:]
