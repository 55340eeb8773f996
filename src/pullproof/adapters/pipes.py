"""The three pipes between us and a provider.

Output is kept up to a limit and counted beyond it. Input is written without
blocking, at once or piece by piece, and what nobody read of it is counted.
"""

import fcntl
import os
import struct
import termios
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from pullproof.adapters.invocation import Caps, Invocation
from pullproof.adapters.launchers import Stdio
from pullproof.model.scenario import Stdin

_READ_BYTES = 64 * 1024
"""The size of a pipe: more cannot come at once."""
_CHUNKS = 16
PAUSE_S = 0.002
"""Between a provider's taking one chunk and our writing the next."""
_CHUNK_PATIENCE_S = 1.0
"""How long to wait until it takes one; after that the rest is written at once."""


@dataclass(slots=True)
class Reader:
    """One output stream; keeps the beginning and counts the rest."""

    fd: int
    keep_bytes: int
    total: int = 0
    is_open: bool = True
    _kept: list[bytes] = field(default_factory=list[bytes])

    def read(self) -> bool:
        """Take what is there. False if there was nothing."""
        try:
            data = os.read(self.fd, _READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self.is_open = False
            return False
        room = self.keep_bytes - self.total
        if room > 0:
            self._kept.append(data[:room])
        self.total += len(data)
        return True

    @property
    def data(self) -> bytes:
        return b"".join(self._kept)

    @property
    def truncated(self) -> bool:
        return self.total > self.keep_bytes


@dataclass(slots=True)
class Writer:
    """Stdin: what is still to be written, and when."""

    fd: int
    pieces: deque[memoryview]
    is_patient: bool = False
    """Write a piece only after the one before was taken."""
    next_at: float = 0.0
    is_open: bool = True

    @classmethod
    def of(cls, fd: int, data: bytes, delivery: Stdin) -> "Writer":
        if delivery is not Stdin.CHUNKED:
            return cls(fd, deque([memoryview(data)] if data else []))
        # The first byte alone, so that a reader of "one read" gets very little.
        size = max(1, -(-len(data) // _CHUNKS))
        cuts = [0, *range(1, len(data), size), len(data)]
        view = memoryview(data)
        return cls(fd, deque(view[a:b] for a, b in pairwise(cuts) if a < b), is_patient=True)

    def write(self, now: float, waiting: Callable[[], int]) -> None:
        """Write what the pipe takes; close it after the last byte.

        Args:
            waiting: Tells how many bytes in the pipe nobody has taken yet.
        """
        while self.pieces:
            if self.is_patient and not self._is_due(now, waiting):
                return
            piece = self.pieces.popleft()
            try:
                taken = os.write(self.fd, piece)
            except BlockingIOError:
                taken = 0
            if taken < len(piece):
                self.pieces.appendleft(piece[taken:])
                return
            self.next_at = now + PAUSE_S
        self.close()

    def _is_due(self, now: float, waiting: Callable[[], int]) -> bool:
        if now < self.next_at:
            return False
        if self.next_at and waiting():
            # A slow starter would else find everything there at once.
            self.is_patient = now < self.next_at + _CHUNK_PATIENCE_S
            return not self.is_patient
        return True

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            os.close(self.fd)

    @property
    def unsent(self) -> int:
        return sum(len(piece) for piece in self.pieces)


class Pipes:
    """Three pipes and their owner's duty to close them."""

    def __init__(self, invocation: Invocation, caps: Caps) -> None:
        self.stdio = Stdio(-1, -1, -1)
        self._to_close: list[int] = []
        self._writer: Writer | None = None
        try:
            # We keep the reading end of stdin, too: it tells how much of the
            # request nobody ever read.
            self.stdin_reader, self._stdin = self._pipe()
            stdout, self._stdout = self._pipe()
            stderr, self._stderr = self._pipe()
        except OSError:
            self.close()
            raise
        self.stdio = Stdio(self.stdin_reader, self._stdout, self._stderr)
        for fd in (self._stdin, stdout, stderr):
            os.set_blocking(fd, False)
        sent = b"" if invocation.delivery is Stdin.CLOSED else invocation.stdin
        self.sent = sent
        self._to_close.remove(self._stdin)
        self.writer = self._writer = Writer.of(self._stdin, sent, invocation.delivery)
        self.out = Reader(stdout, caps.keep_bytes)
        self.err = Reader(stderr, caps.keep_bytes)

    def _pipe(self) -> tuple[int, int]:
        ends: list[int] = []
        for fd in os.pipe():
            if fd <= 2:  # we were started without a stdin, stdout or stderr
                high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
                os.close(fd)
                fd = high
            self._to_close.append(fd)
            ends.append(fd)
        return ends[0], ends[1]

    def started(self) -> None:
        """Close the ends that only the provider may hold now."""
        for fd in (self._stdout, self._stderr):
            os.close(fd)
            self._to_close.remove(fd)

    def unread(self) -> int:
        """Return how many bytes of stdin were never taken from the pipe."""
        return self.waiting() + self.writer.unsent

    def waiting(self) -> int:
        """Return how many bytes of stdin are in the pipe."""
        buffer = fcntl.ioctl(self.stdin_reader, termios.FIONREAD, struct.pack("i", 0))
        return int(struct.unpack("i", buffer)[0])

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        for fd in self._to_close:
            os.close(fd)
        self._to_close.clear()
