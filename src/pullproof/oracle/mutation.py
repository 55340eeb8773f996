"""Seeded changes to texts, and smaller texts. Fast rather than clever: most of
an input's worth is in what it was made from.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, TypeVar

S = TypeVar("S", str, bytes)
V = TypeVar("V")

_SIMPLE = {str: "a", bytes: b"a"}


def mutated(rng: Random, text: S, tokens: Sequence[S]) -> S:
    """Return `text` after one to three small changes."""
    for _ in range(1 + int(rng.random() * 2.2)):
        text = _changed(rng, text, tokens)
    return text


def _changed(rng: Random, text: S, tokens: Sequence[S]) -> S:
    size = len(text)
    at = int(rng.random() * (size + 1))
    kind = rng.random()
    if kind < 0.35:
        return text[:at] + tokens[int(rng.random() * len(tokens))] + text[at:]
    end = min(size, at + 1 + int(rng.random() * 3))
    if kind < 0.6:
        return text[:at] + text[end:]
    if kind < 0.85:
        return text[:at] + tokens[int(rng.random() * len(tokens))] + text[end:]
    if kind < 0.93:
        return text[:at] + text[at : at + 8] + text[at:]
    return text[:at]


def smaller(text: S) -> Iterator[S]:
    """Yield shorter texts, then simpler ones of the same length."""
    size = len(text)
    width = size
    while width:
        for start in range(0, size, width):
            yield text[:start] + text[start + width :]
        width //= 2
    simple: Any = _SIMPLE[type(text)]
    for at in range(size):
        if text[at : at + 1] != simple:
            yield text[:at] + simple + text[at + 1 :]


def smaller_tuple(
    items: tuple[V, ...], smaller_item: Callable[[V], Iterator[V]]
) -> Iterator[tuple[V, ...]]:
    """Yield tuples without an item, then with a smaller item."""
    for at in range(len(items)):
        yield items[:at] + items[at + 1 :]
    for at, item in enumerate(items):
        for other in smaller_item(item):
            yield (*items[:at], other, *items[at + 1 :])


def pick(rng: Random, items: Sequence[V]) -> V:
    """Return one of `items`; quicker than `rng.choice`, which costs as much as a draw of ours."""
    return items[int(rng.random() * len(items))]
