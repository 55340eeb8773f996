"""Where a scenario generator gets its choices from.

One generator, two engines: `engine` draws from a seeded generator, which is
fast and repeatable; `strategies` draws from Hypothesis, which shrinks and
remembers. A generator therefore asks for *choices*, simplest first, and never
for randomness.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Draw(Protocol):
    """A source of choices. Simpler values come first: engines shrink to them."""

    def choice(self, options: Sequence[T]) -> T:
        """Return one of `options` (never empty); the first is the simplest."""
        ...

    def integer(self, low: int, high: int) -> int:
        """Return an integer in [low, high], shrinking towards `low`."""
        ...

    def text(self, alphabet: str, min_size: int, max_size: int) -> str:
        """Return text over `alphabet` (characters in it may repeat)."""
        ...
