"""Events with the same reads: one projection, and its answers as arrays."""

from collections.abc import Sequence

import numpy as np

from pullproof.explore.evaluate import Node, Question
from pullproof.explore.fold import Column, Fold
from pullproof.explore.idmap import I32, I64, U64, IdMap
from pullproof.explore.layout import WORD_BITS, Layout, Words
from pullproof.explore.tables import Ids

Decided = tuple[int, int, int]
"""Question, position of a state, property."""
_FEW = 12
"""Rows that are looked up one by one: below, splitting an array costs more."""


class Group:
    """Questions about the same components."""

    def __init__(self, reads: Ids, questions: Sequence[Question]) -> None:
        self.reads = reads
        self.questions = questions
        self.answers: list[Column[np.int32]] = [Column(np.int32) for _ in questions]
        """Per question, by number of the projection."""
        self._combinations = [Column(np.int64) for _ in reads]
        self._map = IdMap()
        self._key = _Key(reads)

    def arrange(self, layout: Layout) -> None:
        """Take another layout."""
        self._map = IdMap()
        self._key = _Key(self.reads, layout)
        if self._combinations and len(self._combinations[0]):
            columns = {
                c: column.array for c, column in zip(self.reads, self._combinations, strict=True)
            }
            self._map.add(self._key.of_columns(columns))

    def project(self, words: Words, layout: Layout) -> tuple[I32, list[Decided]]:
        """Return the projection's number per state; new ones are worked out."""
        ids, fresh = self._map.add(self._key.of_words(words))
        if not fresh.size:
            return ids, []
        some = [word[fresh] for word in words]
        columns = [layout.column(some, component) for component in self.reads]
        for known, column in zip(self._combinations, columns, strict=True):
            known.extend(column)
        decided: list[Decided] = []
        for i, question in enumerate(self.questions):
            answers = _Answers(question, columns, fresh.size)
            self.answers[i].extend(answers.numbers)
            decided += [(i, int(fresh[row]), each) for row, each in answers.decided]
        return ids, decided

    @property
    def count(self) -> int:
        """Number of projections."""
        return self._map.count


class _Answers:
    """One question for many combinations: whole branches of its tree at a time."""

    def __init__(self, question: Question, columns: list[I64], size: int) -> None:
        self.numbers: I32 = np.empty(size, np.int32)
        self.decided: list[tuple[int, int]] = []
        """Row and property, for what was worked out just now."""
        self._question = question
        self._columns = columns
        rows = np.arange(size)
        if question.tree is None:
            self._find(0)
        self._walk(question.tree, rows)

    def _find(self, row: int) -> int:
        ids = [int(column[row]) for column in self._columns]
        number, decided = self._question.find(ids)
        self.decided += [(row, each) for each in decided]
        return number

    def _walk(self, node: Node | int | None, rows: I64) -> None:
        if not isinstance(node, Node):
            assert node is not None
            self.numbers[rows] = node
        elif rows.size <= _FEW:
            for row in rows.tolist():
                self.numbers[row] = self._find(row)
        else:
            self._split(node, rows)

    def _split(self, node: Node, rows: I64) -> None:
        column = self._columns[node.position][rows]
        order = np.argsort(column, kind="stable")
        column, rows = column[order], rows[order]
        bounds = np.flatnonzero(column[1:] != column[:-1]) + 1
        starts = [0, *bounds.tolist()]
        for start, stop in zip(starts, [*starts[1:], rows.size], strict=True):
            part, value = rows[start:stop], int(column[start])
            if value not in node.branches:
                self._find(int(part[0]))
            self._walk(node.branches[value], part)


class _Key:
    """The bits of some components as one 64-bit key."""

    def __init__(self, reads: Ids, layout: Layout | None = None) -> None:
        self._layout = layout
        self._reads = reads
        if layout is None:
            return
        self._words = sorted({layout.word[component] for component in reads})
        self._masks = [
            np.uint64(sum(layout.mask(c) for c in reads if layout.word[c] == word))
            for word in self._words
        ]
        self._runs = _runs(reads, layout)
        self._fits = sum(layout.bits[component] for component in reads) <= WORD_BITS
        self._fold = None if self._fits else Fold(len(self._words))

    def of_words(self, words: Words) -> U64:
        """Return the key of each state."""
        if not self._words:
            return np.zeros(words[0].size, np.uint64)
        if len(self._words) == 1:
            return words[self._words[0]] & self._masks[0]
        if self._fold is not None:
            masked = [words[w] & mask for w, mask in zip(self._words, self._masks, strict=True)]
            return self._fold.keys(masked)
        key = np.zeros(words[0].size, np.uint64)
        for word, shift, width in self._runs:
            key <<= np.uint64(width)
            key |= words[word] >> np.uint64(shift) & np.uint64((1 << width) - 1)
        return key

    def of_columns(self, columns: dict[int, I64]) -> U64:
        """Return the key of combinations given by component."""
        assert self._layout is not None
        some = next(iter(columns.values()))
        nothing = np.zeros(some.size, np.int64)
        every = [columns.get(i, nothing) for i in range(len(self._layout.bits))]
        return self.of_words(self._layout.pack(every))


def _runs(reads: Ids, layout: Layout) -> list[tuple[int, int, int]]:
    """Return word, shift and width of adjacent components, taken together."""
    runs: list[tuple[int, int, int]] = []
    for c in reads:
        word, shift, width = layout.word[c], layout.shift[c], layout.bits[c]
        if runs and runs[-1][0] == word and runs[-1][1] == shift + width:
            runs[-1] = (word, shift, runs[-1][2] + width)
        else:
            runs.append((word, shift, width))
    return runs
