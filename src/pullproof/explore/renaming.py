"""The least state of each orbit, for whole arrays of states.

A permutation moves components and exchanges their values. Both are looked up:
adjacent components are one index into tables of what they become.
"""

from dataclasses import dataclass

import numpy as np

from pullproof.explore.idmap import U64
from pullproof.explore.layout import Layout, Words
from pullproof.explore.tables import Tables

_INDEX_BITS = 12
"""Tables of 32 KiB: several fit a core's cache."""


@dataclass(frozen=True, slots=True)
class _Move:
    """What adjacent components of one word put into another."""

    source: int
    shift: int
    width: int
    target: int
    table: U64


class Renamer:
    """All permutations under one layout."""

    def __init__(self, tables: Tables, layout: Layout) -> None:
        self.grown = tables.grown
        self._layout = layout
        self._moves = [
            self._moves_of(tables, permutation) for permutation in range(len(tables.permutations))
        ]

    def _moves_of(self, tables: Tables, permutation: int) -> list[_Move]:
        moves: list[_Move] = []
        for run in self._runs():
            word, shift = self._layout.word[run[-1]], self._layout.shift[run[-1]]
            width = sum(self._layout.bits[c] for c in run)
            for target, table in self._tables_of(tables, permutation, run).items():
                moves.append(_Move(word, shift, width, target, table))
        return moves

    def _runs(self) -> list[list[int]]:
        layout = self._layout
        runs: list[list[int]] = []
        width = 0
        for c, bits in enumerate(layout.bits):
            if runs and layout.word[runs[-1][-1]] == layout.word[c] and width + bits <= _INDEX_BITS:
                runs[-1].append(c)
                width += bits
            else:
                runs.append([c])
                width = bits
        return runs

    def _tables_of(self, tables: Tables, permutation: int, run: list[int]) -> dict[int, U64]:
        """Return, per word written to, what each index of a run becomes there."""
        layout = self._layout
        base = layout.shift[run[-1]]
        index = np.arange(1 << sum(layout.bits[c] for c in run), dtype=np.int64)
        found: dict[int, U64] = {}
        for c in run:
            own = index >> (layout.shift[c] - base) & ((1 << layout.bits[c]) - 1)
            renamed = np.array(tables.renamed[permutation][c], np.uint64)
            # An index beyond the values that are known does not occur.
            values = renamed.take(np.minimum(own, renamed.size - 1))
            place = tables.permutations[permutation].target[c]
            word = layout.word[place]
            part = values << np.uint64(layout.shift[place])
            found[word] = found[word] | part if word in found else part
        return found

    def canonical(self, words: Words) -> Words:
        """Return the least renaming of each state."""
        best = words
        for moves in self._moves:
            best = _least(best, _image(words, moves))
        return best

    def orbits(self, words: Words) -> int:
        """Return how many states there are in the orbits of all these together."""
        same = np.ones(words[0].size, np.int64)
        for moves in self._moves:
            pairs = zip(words, _image(words, moves), strict=True)
            same += np.logical_and.reduce([one == other for one, other in pairs])
        return int(np.sum((len(self._moves) + 1) // same))


def _image(words: Words, moves: list[_Move]) -> Words:
    """Return what one permutation makes of each state."""
    other: list[U64 | None] = [None] * len(words)
    for move in moves:
        index = words[move.source] >> np.uint64(move.shift)
        index &= np.uint64((1 << move.width) - 1)
        part = move.table.take(index.view(np.int64))
        there = other[move.target]
        if there is None:
            other[move.target] = part
        else:
            there |= part
    return [word for word in other if word is not None]


def _least(one: Words, other: Words) -> Words:
    """Return the lesser of two states, compared word by word, per position."""
    if len(one) == 1:
        return [np.minimum(one[0], other[0])]
    less = other[-1] < one[-1]
    for a, b in zip(one[-2::-1], other[-2::-1], strict=True):
        less = (b < a) | ((b == a) & less)
    return [np.where(less, b, a) for a, b in zip(one, other, strict=True)]
