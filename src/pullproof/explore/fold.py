"""A state of several words as one 64-bit key, without loss.

Each word that occurs is numbered, and a key is made of the numbers: two of
them side by side, further ones by numbering pairs. (What occurs in a word is
far less than what could, so the numbers are small.)
"""

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pullproof.explore.idmap import U64, IdMap
from pullproof.explore.layout import Words

Scalar = TypeVar("Scalar", bound=np.generic)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFF_FFFF)


class Column(Generic[Scalar]):
    """An array that grows at its end."""

    __slots__ = ("_data", "_size")

    def __init__(self, dtype: type[Scalar]) -> None:
        self._data: NDArray[Scalar] = np.empty(16, dtype)
        self._size = 0

    def extend(self, more: NDArray[Scalar]) -> None:
        size = self._size + more.size
        if size > self._data.size:
            data = np.empty(max(size, self._data.size * 2), self._data.dtype)
            data[: self._size] = self._data[: self._size]
            self._data = data
        self._data[self._size : size] = more
        self._size = size

    def __len__(self) -> int:
        return self._size

    @property
    def array(self) -> NDArray[Scalar]:
        return self._data[: self._size]


class _Numbered:
    """Keys by number, numbers by key."""

    def __init__(self) -> None:
        self._map = IdMap()
        self._keys = Column(np.uint64)

    def number(self, keys: U64) -> U64:
        ids, fresh = self._map.add(keys)
        if fresh.size:
            self._keys.extend(keys[fresh])
        return ids.astype(np.uint64)

    def key(self, numbers: U64) -> U64:
        return self._keys.array.take(numbers.view(np.int64))


class Fold:
    """From words to keys and back."""

    def __init__(self, words: int) -> None:
        self._words = [_Numbered() for _ in range(words)] if words > 1 else []
        self._pairs = [_Numbered() for _ in range(words - 2)]

    def keys(self, words: Words) -> U64:
        """Return one key per state; new words are numbered."""
        if not self._words:
            return words[0]
        key = words[0]
        left = self._words[0].number(key)
        for i in range(1, len(words)):
            key = left << _HALF | self._words[i].number(words[i])
            if i < len(words) - 1:
                left = self._pairs[i - 1].number(key)
        return key

    def unfold(self, keys: U64) -> Words:
        """Return the words of states that were folded before."""
        if not self._words:
            return [keys]
        backwards: Words = []
        for i in range(len(self._words) - 1, 0, -1):
            backwards.append(self._words[i].key(keys & _LOW))
            keys = keys >> _HALF
            if i > 1:
                keys = self._pairs[i - 2].key(keys)
        backwards.append(self._words[0].key(keys))
        return backwards[::-1]
