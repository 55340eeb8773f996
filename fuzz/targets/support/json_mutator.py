"""A custom mutator that keeps documents JSON.

Mutated bytes seldom parse, so a plain fuzzer mostly tests the scanner. This
one edits the tree: it takes members away, writes them twice, renames and moves
them, and puts in values that were a mistake once. The result stays readable,
which is what makes a corpus worth keeping and fit for a real provider.
"""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeGuard

Plain: TypeAlias = Callable[[bytes, int], bytes]
"""The engine's own mutator: data and the most bytes to return."""
Mutator: TypeAlias = Callable[[bytes, int, int, Plain], bytes]
"""Data, the most bytes to return, seed, the engine's own mutator."""

PLAIN_SHARE = 0.2
"""Of mutations that are the engine's: malformed documents matter, too."""
SCALARS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e400, 2**63, "", " ", "0", "0s", "-1s", "1h", "${x}", "\ud800",
    "\u00e9", "a/b", "https://", [], {},
)  # fmt: skip


class Members(list[tuple[str, Any]]):
    """An object whose members keep their order and may come twice."""


def json_mutator(words: Sequence[str], separator: bytes = b"") -> Mutator:
    """Return a mutator of JSON documents.

    Args:
        words: Names and texts to put in, beside `SCALARS`.
        separator: Between several documents in one input; empty: there is one.
    """

    def mutate(data: bytes, max_size: int, seed: int, plain: Plain) -> bytes:
        rng = random.Random(seed)
        if rng.random() < PLAIN_SHARE:
            return plain(data, max_size)
        parts = data.split(separator) if separator else [data]
        chosen = rng.randrange(len(parts))
        try:
            tree = json.loads(parts[chosen].decode("utf-8", "replace"), object_pairs_hook=Members)
            for _ in range(rng.choice((1, 1, 2, 3))):
                tree = edit(tree, rng, words)
            parts[chosen] = write(tree)
        except (ValueError, RecursionError):
            return plain(data, max_size)
        result = separator.join(parts)
        return result if len(result) <= max_size else plain(data, max_size)

    return mutate


def edit(tree: Any, rng: random.Random, words: Sequence[str]) -> Any:
    """Return `tree` with one place changed; containers are changed in place."""
    places = list(_places(tree))
    if not places or rng.random() < 0.02:
        return _value(rng, words)
    container, index = rng.choice(places)
    rng.choice(_EDITS)(container, index, rng, words)
    return tree


def write(tree: Any) -> bytes:
    """Return the JSON text of `tree`, without spaces."""
    return _text(tree).encode("utf-8", "surrogatepass")


def _text(tree: Any) -> str:
    if isinstance(tree, Members):
        return f"{{{','.join(f'{json.dumps(name)}:{_text(value)}' for name, value in tree)}}}"
    if _is_list(tree):
        return f"[{','.join(map(_text, tree))}]"
    if isinstance(tree, dict):
        return "{}"
    return "1e400" if tree == 1e400 else json.dumps(tree)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _places(tree: Any) -> list[tuple[list[Any], int]]:
    found: list[tuple[list[Any], int]] = []
    todo: list[Any] = [tree]
    while todo:
        container = todo.pop()
        if _is_list(container):
            found += ((container, index) for index in range(len(container)))
            pairs = isinstance(container, Members)
            todo += (item[1] if pairs else item for item in container)
    return found


def _value(rng: random.Random, words: Sequence[str]) -> Any:
    return rng.choice(words) if words and rng.random() < 0.5 else rng.choice(SCALARS)


def _put(container: list[Any], index: int, value: Any) -> None:
    pairs = isinstance(container, Members)
    container[index] = (container[index][0], value) if pairs else value


def _get(container: list[Any], index: int) -> Any:
    return container[index][1] if isinstance(container, Members) else container[index]


def _replace(container: list[Any], index: int, rng: random.Random, words: Sequence[str]) -> None:
    _put(container, index, _value(rng, words))


def _delete(container: list[Any], index: int, rng: random.Random, words: Sequence[str]) -> None:
    del container[index]


def _double(container: list[Any], index: int, rng: random.Random, words: Sequence[str]) -> None:
    copy = container[index]
    if isinstance(container, Members) and rng.random() < 0.5:
        copy = (copy[0], _value(rng, words))
    container.insert(rng.randrange(len(container) + 1), copy)


def _rename(container: list[Any], index: int, rng: random.Random, words: Sequence[str]) -> None:
    if isinstance(container, Members):
        name, value = container[index]
        other = rng.choice(words) if words and rng.random() < 0.7 else name.swapcase()
        container[index] = (other, value)


def _wrap(container: list[Any], index: int, rng: random.Random, words: Sequence[str]) -> None:
    inner = _get(container, index)
    name = rng.choice(words) if words else ""
    _put(container, index, [inner] if rng.random() < 0.5 else Members([(name, inner)]))


def _swap(container: list[Any], index: int, rng: random.Random, words: Sequence[str]) -> None:
    other = rng.randrange(len(container))
    container[index], container[other] = container[other], container[index]


def _respell(container: list[Any], index: int, rng: random.Random, words: Sequence[str]) -> None:
    """Change one character of a text, or double its length."""
    text = _get(container, index)
    if not isinstance(text, str):
        return _replace(container, index, rng, words)
    at = rng.randrange(len(text) + 1)
    char = rng.choice('aZ0 .:/*-_"\\\n\x00\u00e9\u2028<&')
    _put(container, index, text * 2 if rng.random() < 0.1 else text[:at] + char + text[at + 1 :])
    return None


_EDITS = (_replace, _replace, _delete, _double, _rename, _wrap, _swap, _respell, _respell)
