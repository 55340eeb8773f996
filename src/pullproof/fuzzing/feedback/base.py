"""The one protocol of all kinds of feedback, and several of them as one."""

import zlib
from collections.abc import Sequence
from typing import Protocol

from pullproof.model.transcript import Transcript

_BITS = 40


class Feedback(Protocol):
    """Tells what a run did, as a set of numbers that mean nothing by themselves.

    A number is the same in every process and on every day, so corpora of
    different machines can be compared.
    """

    @property
    def name(self) -> str:
        """`novelty`, `go`, `python`, `llvm`."""
        ...

    @property
    def env(self) -> tuple[tuple[str, str], ...]:
        """What the provider's environment needs for it."""
        ...

    def collect(self, transcript: Transcript) -> frozenset[int]:
        """Return the features of the run that made `transcript`, the last one.

        Whatever it left on the disk for this is removed.
        """
        ...


def feature(space: int, *parts: object) -> int:
    """Return the number of what `parts` say, in one of 256 name spaces.

    >>> feature(1, "exit", 0) == feature(1, "exit", 0) != feature(2, "exit", 0)
    True
    """
    return (space << _BITS) | zlib.crc32(repr(parts).encode("utf-8", "backslashreplace"))


def space_of(number: int) -> int:
    """Return the name space of a feature."""
    return number >> _BITS


def bucket(count: int) -> int:
    """Return the class of a count: 0, 1, 2, 3, 4-7, 8-15, ... as in other fuzzers."""
    return count if count < 4 else count.bit_length() + 1


class Together:
    """Several kinds of feedback as one."""

    def __init__(self, members: Sequence[Feedback]) -> None:
        self.members = tuple(members)

    @property
    def name(self) -> str:
        return "+".join(member.name for member in self.members)

    @property
    def env(self) -> tuple[tuple[str, str], ...]:
        return tuple(pair for member in self.members for pair in member.env)

    def collect(self, transcript: Transcript) -> frozenset[int]:
        return frozenset[int]().union(*(member.collect(transcript) for member in self.members))
