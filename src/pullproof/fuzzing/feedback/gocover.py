"""Coverage of Go binaries built with `go build -cover`, read without Go.

Such a binary writes two files into GOCOVERDIR when it ends: once `covmeta.H`,
which describes its functions, and per run `covcounters.H.PID.TIME`. The format
is that of Go's `internal/coverage` (versions 1): a header, and segments of
string table, arguments and counters; we skip the arguments, which hold the
command line. Only what exits in order writes: `os.Exit`, return, SIGTERM if it
is handled; not SIGKILL.

Source: GOROOT/src/internal/coverage/defs.go.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pullproof.fuzzing.feedback.base import bucket
from pullproof.model.transcript import Transcript

SPACE = 2
_COUNTER_MAGIC = b"\0cwm"
_META_MAGIC = b"\0cvm"
_RAW, _ULEB = 1, 2
_HEADER, _SEGMENT = 32, 16
_FOOTER = 16


class NotCoverage(ValueError):
    """The bytes are no coverage file that we know."""


@dataclass(frozen=True, slots=True)
class Counters:
    """One function's counters in one run."""

    package: int
    function: int
    counts: tuple[int, ...]


def read_counters(data: bytes) -> tuple[Counters, ...]:
    """Return the counters of a `covcounters` file.

    Raises:
        NotCoverage: another format, or cut off.
    """
    if len(data) < _HEADER + _SEGMENT or data[:4] != _COUNTER_MAGIC:
        raise NotCoverage("no counter file")
    flavor, is_big = data[24], data[25]
    order = ">" if is_big else "<"
    at = _HEADER
    found: list[Counters] = []
    end = len(data) - _FOOTER
    try:
        while at + _SEGMENT <= end:
            functions, strings, arguments = struct.unpack_from(f"{order}QII", data, at)
            size = _SEGMENT + strings + arguments
            at += size + -size % 4
            for _ in range(functions):
                item, at = _function(data, at, flavor, order)
                found.append(item)
    except (struct.error, IndexError):
        raise NotCoverage("a counter file that is cut off") from None
    return tuple(found)


def _function(data: bytes, at: int, flavor: int, order: str) -> tuple[Counters, int]:
    if flavor == _RAW:
        count, package, function = struct.unpack_from(f"{order}III", data, at)
        at += 12
        counts = struct.unpack_from(f"{order}{count}I", data, at)
        return Counters(package, function, counts), at + 4 * count
    if flavor != _ULEB:
        raise NotCoverage(f"counter flavor {flavor}")
    numbers: list[int] = []
    wanted = 3
    while len(numbers) < wanted:
        byte = data[at]
        at += 1
        value, shift = byte & 0x7F, 7
        while byte & 0x80:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
        numbers.append(value)
        if len(numbers) == 1:
            wanted = 3 + value
    return Counters(numbers[1], numbers[2], tuple(numbers[3:])), at


def read_packages(data: bytes) -> tuple[tuple[str, int], ...]:
    """Return (package path, number of functions) of a `covmeta` file, in order.

    Raises:
        NotCoverage: another format, or cut off.
    """
    if data[:4] != _META_MAGIC:
        raise NotCoverage("no meta-data file")
    try:
        entries = struct.unpack_from("<Q", data, 16)[0]
        offsets = struct.unpack_from(f"<{entries}Q", data, 56)
        return tuple(_package(data, offset) for offset in offsets)
    except (struct.error, IndexError):
        raise NotCoverage("a meta-data file that is cut off") from None


def _package(data: bytes, start: int) -> tuple[str, int]:
    _, _, path_index, _ = struct.unpack_from("<IIII", data, start)
    files, functions = struct.unpack_from("<II", data, start + 36)
    del files
    strings = tuple(_strings(data, start + 44 + 4 * functions))
    return strings[path_index], functions


def _strings(data: bytes, at: int) -> Iterator[str]:
    count, at = _uleb(data, at)
    for _ in range(count):
        size, at = _uleb(data, at)
        yield data[at : at + size].decode("utf-8", "replace")
        at += size


def _uleb(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def features(counters: tuple[Counters, ...]) -> frozenset[int]:
    """Return a number for each counted block and order of its count."""
    return frozenset(
        (SPACE << 40)
        | ((item.package & 0xFF) << 32)
        | ((item.function & 0xFFFF) << 16)
        | ((index & 0x7FF) << 5)
        | min(bucket(count), 31)
        for item in counters
        for index, count in enumerate(item.counts)
        if count
    )


class GoCoverage:
    """Feedback of a Go binary; `directory` is ours and stays small."""

    name = "go"

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = str(directory)
        self.env = (("GOCOVERDIR", self._directory),)
        self._known: dict[bytes, frozenset[int]] = {}

    def collect(self, transcript: Transcript) -> frozenset[int]:
        found: frozenset[int] = frozenset()
        for name in os.listdir(self._directory):
            path = f"{self._directory}/{name}"
            if not name.startswith("covcounters."):
                continue
            with open(path, "rb") as file:
                data = file.read()
            os.unlink(path)
            found |= self._read(data)
        return found

    def _read(self, data: bytes) -> frozenset[int]:
        known = self._known.get(data)
        if known is None:
            try:
                known = features(read_counters(data))
            except NotCoverage:
                known = frozenset[int]()
            if len(self._known) > 1000:
                self._known.clear()
            self._known[data] = known
        return known
