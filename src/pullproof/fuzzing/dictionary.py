"""Words a provider may be waiting for: those in its binary, and those it says.

A bug that hides behind one annotation value or one image name is found by
trying the texts that the binary itself holds. Compiled Go keeps thousands of
texts of its runtime beside a dozen of its author's, so rare and telling ones
come first.
"""

import os
import random
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

_WORD = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_.:/@-]{2,47}")
_MARK = re.compile(r"<[a-z-]+>|\$\{[a-z._/]+\}")
"""What stands where something was masked."""
_SCRIPTS = frozenset({".py", ".sh", ".js", ".mjs", ".pl", ".rb", ".awk"})
_MOST_BYTES = 16 * 1024 * 1024
_MOST_WORDS = 3000
_MOST_FOREIGN = 100
_SMALL = 256 * 1024
"""A file of this size or less is its author's own: all its words count."""
_TELLING = re.compile(
    r"token|account|annot|image|auth|cache|registr|issuer|exchange|audience|tenant|region|role|"
    r"legacy|debug|admin|test|deny|allow|secret|credential|retry|limit|mode|v[0-9]",
    re.IGNORECASE,
)
_ALWAYS = (
    "", "0", "1", "-1", "true", "false", "null", "none", "default", "admin", "root", "test",
    "debug", "prod", "*", "../..", "a", "A", " ", "\t", "\n", "%00", "%s", "${HOME}", "$(id)",
    "'", '"', "\\", "<", "é", "日本", "\u2028", "\x7f",
    "arn:aws:iam::123456789012:role/x", "https://example.com/x", "127.0.0.1", "[::1]",
)  # fmt: skip


class Dictionary:
    """Words, those of the author more often."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words = list(dict.fromkeys(words))
        self._known = set(self._words)

    @classmethod
    def of(cls, paths: Iterable[str]) -> "Dictionary":
        """Return the words in the files at `paths`; what cannot be read is left out.

        Only programs are read, never other files that are named on a command
        line: those may be secret, and words end up in saved scenarios. A script's
        words come before its interpreter's, of which only some are taken.
        """
        own: list[str] = []
        others: list[str] = []
        for path in filter(_is_program, paths):
            try:
                with Path(path).open("rb") as file:
                    data = file.read(_MOST_BYTES)
            except OSError:
                continue
            if len(data) <= _SMALL and not data.startswith(b"\x7fELF"):
                own += words_of(data)
            else:
                others += words_of(data)
        return cls((*own, *others[: _MOST_FOREIGN if own else _MOST_WORDS])[:_MOST_WORDS])

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, word: object) -> bool:
        return word in self._known

    def learn(self, text: str) -> None:
        """Take in the words of something a provider said, secrets masked."""
        for found in _WORD.findall(_MARK.sub(" ", text[:4096]).encode("ascii", "replace")):
            word = found.decode("ascii")
            if word not in self._known and len(self._words) < 2 * _MOST_WORDS:
                self._known.add(word)
                self._words.append(word)

    def word(self, draw: random.Random) -> str:
        """Return a word: three of four times one of the provider's."""
        if self._words and draw.random() < 0.75:
            # Earlier ones are more telling.
            at = int(len(self._words) * draw.random() ** 2)
            return self._words[at]
        return draw.choice(_ALWAYS)


def _is_program(path: str) -> bool:
    return Path(path).suffix in _SCRIPTS or os.access(path, os.X_OK)


def words_of(data: bytes) -> list[str]:
    """Return the words in `data`, the most telling first."""
    counted = Counter(_WORD.findall(data))
    words = [(word.decode("ascii"), count) for word, count in counted.items()]
    if len(data) <= _SMALL:
        return [word for word, _ in words]

    def rank(item: tuple[str, int]) -> tuple[int, int]:
        word, count = item
        return (0 if _TELLING.search(word) and len(word) < 32 else 1, count)

    return [word for word, _ in sorted(words, key=rank)]
