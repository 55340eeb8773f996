"""Live progress of explorations on a terminal, or now and then in a log."""

import time
from dataclasses import dataclass, field
from typing import TextIO

from pullproof.explore.result import Progress
from pullproof.explore.text import bytes_text

_REDRAW_S, _LOG_S = 0.2, 15.0


@dataclass(slots=True)
class Live:
    """Hears from all workers, shows one line."""

    stream: TextIO
    is_terminal: bool
    width: int = 100
    seen: dict[str, Progress] = field(default_factory=dict[str, Progress])
    started: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)
    jobs: int = 0
    done: int = 0

    def expect(self, jobs: int) -> None:
        """Count from here to so many jobs."""
        self.jobs, self.done = jobs, 0

    def finish(self, _index: int, _result: object) -> None:
        """Count one job as done."""
        self.done += 1

    def __call__(self, progress: Progress) -> None:
        # Taken out and put back: the newest is last.
        self.seen.pop(progress.machine, None)
        self.seen[progress.machine] = progress
        now = time.monotonic()
        if now - self.last < (_REDRAW_S if self.is_terminal else _LOG_S):
            return
        self.last = now
        if self.is_terminal:
            self.stream.write(f"\r\x1b[2K{self.line()[: self.width - 1]}")
            self.stream.flush()
        else:
            self.stream.write(self.line() + "\n")

    def line(self) -> str:
        """Return where the newest exploration is, in one line."""
        newest = next(reversed(self.seen.values()))
        rate = newest.states / newest.seconds if newest.seconds else 0.0
        done = f"{self.done}/{self.jobs} done; " if self.jobs > 1 else ""
        return (
            f"{done}{newest.machine}: {newest.states:,} states, {rate:,.0f}/s, frontier "
            f"{newest.frontier:,}, depth {newest.depth}, {bytes_text(newest.memory_bytes)}; "
            f"{time.monotonic() - self.started:.0f} s"
        )

    def clear(self) -> None:
        """Remove the line."""
        if self.is_terminal:
            self.stream.write("\r\x1b[2K")
            self.stream.flush()
