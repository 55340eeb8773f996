"""Exact maps from 64-bit keys to consecutive numbers, for whole arrays at once.

An open-addressing table with linear probing: one gather and one comparison
per probe, for all keys of an array together. Keys are stored in full, so two
keys are one only if they are equal.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

FREE: Final = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
"""A free slot; layouts use at most 63 bits of a word, so no key is this."""
_FOLD: Final = np.uint64(32)
_MULTIPLIER: Final = np.uint64(0x9E37_79B9_7F4A_7C15)
_FIRST_BITS: Final = 10
SLOT_BYTES: Final = 12


class IdMap:
    """Numbers keys in the order in which they first appear."""

    __slots__ = ("_bits", "_ids", "_keys", "count")

    def __init__(self, expected: int = 0) -> None:
        self.count = 0
        self._clear(_bits_for(expected))

    def _clear(self, bits: int) -> None:
        self._bits = bits
        self._keys: U64 = np.full(1 << bits, FREE, np.uint64)
        self._ids: I32 = np.zeros(1 << bits, np.int32)

    def growth(self, more: int) -> int:
        """Return how many bytes `more` further keys would newly take, at most."""
        bits = _bits_for(self.count + more)
        return SLOT_BYTES << bits if bits > self._bits else 0

    def keys(self) -> U64:
        """Return the keys in the order of their numbers."""
        held = np.flatnonzero(self._keys != FREE)
        found = np.empty(self.count, np.uint64)
        found[self._ids[held]] = self._keys[held]
        return found

    def add(self, keys: U64) -> tuple[I32, I64]:
        """Return the number of each key, and the positions of the new ones.

        A new key is numbered at its first position; positions ascend.
        """
        slots = self._slots(keys)
        lost = np.flatnonzero(self._keys.take(slots) != keys)
        if not lost.size:
            return self._ids.take(slots), lost
        final, fresh = self._insert(keys[lost])
        # Inserting may have moved everything to a larger table.
        if self._slots_moved(slots, keys):
            return self.add(keys)[0], lost[fresh]
        slots[lost] = final
        return self._ids.take(slots), lost[fresh]

    def _slots_moved(self, slots: I64, keys: U64) -> bool:
        return bool(slots.size) and int(self._slots(keys[:1])[0]) != int(slots[0])

    def fresh(self, keys: U64) -> I64:
        """Add keys; return the positions of the new ones, ascending."""
        lost = np.flatnonzero(self._keys.take(self._slots(keys)) != keys)
        return lost[self._insert(keys[lost])[1]] if lost.size else lost

    def _slots(self, keys: U64) -> I64:
        mixed = keys ^ (keys >> _FOLD)
        mixed *= _MULTIPLIER
        mixed >>= np.uint64(64 - self._bits)
        return mixed.view(np.int64)

    def _insert(self, wanted: U64) -> tuple[I64, I64]:
        """Find or claim a slot for each key; return slots and positions claimed."""
        self._reserve(wanted)
        slots = self._slots(wanted)
        mask = (1 << self._bits) - 1
        final = np.empty(wanted.size, np.int64)
        origin = np.arange(wanted.size, dtype=np.int64)
        claimed: list[I64] = []
        while origin.size:
            held = self._keys.take(slots)
            free = np.flatnonzero(held == FREE)
            if free.size:
                # Written backwards, so that of several the first one stays.
                back = free[::-1]
                self._keys[slots[back]] = wanted[back]
                self._ids[slots[back]] = origin[back]
                at = slots[free]
                held[free] = self._keys.take(at)
                mine = origin[free]
                claimed.append(mine[self._ids.take(at) == mine])
            done = held == wanted
            final[origin[done]] = slots[done]
            left = ~done
            origin, wanted, slots = origin[left], wanted[left], (slots[left] + 1) & mask
        fresh = np.sort(np.concatenate(claimed)) if claimed else origin
        self._ids[final[fresh]] = np.arange(self.count, self.count + fresh.size, dtype=np.int32)
        self.count += fresh.size
        return final, fresh

    def _reserve(self, wanted: U64) -> None:
        if self.count + wanted.size <= 1 << self._bits - 1:
            return
        # Many of them may be the same key.
        need = self.count + int(np.unique(wanted).size)
        bits = _bits_for(need)
        if bits <= self._bits:
            return
        keys = self.keys()
        self._clear(bits)
        self.count = 0
        # In pieces: probing needs several arrays of the same length.
        for start in range(0, keys.size, 1 << 20):
            self._insert(keys[start : start + (1 << 20)])


def _bits_for(count: int) -> int:
    return max(_FIRST_BITS, (2 * count - 1).bit_length())
