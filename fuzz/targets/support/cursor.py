"""Choices out of bytes: a byte decides, and no bytes decide for the first."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Cursor:
    """Reads choices from the front of `data`; at its end every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes were not read yet."""
        return len(self._data) - self._at

    def byte(self) -> int:
        """Return the next byte, 0 at the end."""
        if self._at == len(self._data):
            return 0
        self._at += 1
        return self._data[self._at - 1]

    def pick(self, options: Sequence[T]) -> T:
        """Return one of `options`, which is not empty."""
        return options[self.byte() % len(options)]


def texts(data: bytes, count: int, separator: bytes = b"\n") -> list[str]:
    """Return `data` as exactly `count` texts; missing ones are empty.

    Texts stand for Go strings: bytes that are no UTF-8 are lone surrogates.
    """
    parts = data.split(separator, count - 1)
    parts += [b""] * (count - len(parts))
    return [part.decode("utf-8", "surrogateescape") for part in parts]
