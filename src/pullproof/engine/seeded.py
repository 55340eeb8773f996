"""Choices from a seed, and the same choices again, a little smaller.

`SeededDraw` is the engine's source of choices: fast, and the same for the
same text on every machine. It keeps a record of its choices as numbers, zero
being the simplest, so that `ReplayedDraw` can make a generator build a nearby
scenario. That is the only way of making a scenario smaller that cannot lie:
whatever comes out was built by the check's own generator.
"""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class _NumberedDraw:
    """A `Draw` that reduces every question to one number below a limit."""

    def __init__(self) -> None:
        self.choices: list[int] = []

    def choice(self, options: Sequence[T]) -> T:
        return options[self._next(len(options))]

    def integer(self, low: int, high: int) -> int:
        return low + self._next(high - low + 1)

    def text(self, alphabet: str, min_size: int, max_size: int) -> str:
        size = self.integer(min_size, max_size)
        return "".join(self.choice(alphabet) for _ in range(size))

    def _next(self, limit: int) -> int:
        if limit < 1:
            raise ValueError("a draw needs at least one option")
        number = self._number(limit)
        self.choices.append(number)
        return number

    def _number(self, limit: int) -> int:
        raise NotImplementedError


class SeededDraw(_NumberedDraw):
    """Choices from `seed_text`; equal texts give equal choices."""

    def __init__(self, seed_text: str) -> None:
        super().__init__()
        self._random = random.Random(seed_text)

    def _number(self, limit: int) -> int:
        return self._random.randrange(limit)


class ReplayedDraw(_NumberedDraw):
    """Recorded choices again; past their end, and beyond a limit, the nearest."""

    def __init__(self, choices: Sequence[int]) -> None:
        super().__init__()
        self._left = list(reversed(choices))

    def _number(self, limit: int) -> int:
        return min(self._left.pop() if self._left else 0, limit - 1)


def seed_text(seed: int, check: str, example: int) -> str:
    """Return the text that decides example `example` of `check`.

    It names nothing else, so neither the order of checks nor the number of
    workers changes what a check is tried with.
    """
    return f"{seed}/{check}/{example}"
