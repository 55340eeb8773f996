"""Where in a state's words the numbers of its components are.

Components keep their order from the highest bit of the first word to the
lowest bit of the last, so that comparing words compares states the same way
whatever the widths are: canonical states stay canonical when widths change.
"""

from collections.abc import Sequence

import numpy as np

from pullproof.explore.idmap import I64, U64

WORD_BITS = 63
"""Never all 64, so that no word is the mark of a free slot."""
Words = list[U64]
"""One array per word."""


class Layout:
    """Bits of each component; a component never straddles two words."""

    def __init__(self, counts: Sequence[int], spare: int) -> None:
        self.bits = [max(1, (count - 1).bit_length()) + spare for count in counts]
        self.word: list[int] = []
        self.shift: list[int] = []
        word, used = 0, 0
        for width in self.bits:
            if used + width > WORD_BITS:
                word, used = word + 1, 0
            used += width
            self.word.append(word)
            self.shift.append(WORD_BITS - used)
        self.words = word + 1

    def holds(self, counts: Sequence[int]) -> bool:
        """Return whether all numbers below the counts have room."""
        return all(count <= 1 << bits for count, bits in zip(counts, self.bits, strict=True))

    def mask(self, component: int) -> int:
        """Return the bits of a component within its word."""
        return ((1 << self.bits[component]) - 1) << self.shift[component]

    def column(self, words: Words, component: int) -> I64:
        """Return one component's numbers."""
        values = words[self.word[component]] >> np.uint64(self.shift[component])
        return (values & np.uint64((1 << self.bits[component]) - 1)).view(np.int64)

    def pack(self, columns: Sequence[I64]) -> Words:
        """Return the words of states given by column."""
        size = columns[0].size
        words = [np.zeros(size, np.uint64) for _ in range(self.words)]
        for i, column in enumerate(columns):
            words[self.word[i]] |= column.view(np.uint64) << np.uint64(self.shift[i])
        return words

    def repack(self, words: Words, old: "Layout") -> Words:
        """Return states of another layout in this one."""
        return self.pack([old.column(words, i) for i in range(len(self.bits))])
