"""Live progress of a run on stderr: a moving line for people, plain lines for logs."""

import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

from pullproof.engine.events import (
    BudgetSpent,
    CheckFinished,
    CheckStarted,
    Event,
    FailureSeen,
    RunInterrupted,
    RunStarted,
    ScenarioJudged,
    WorkerLost,
)
from pullproof.engine.result import Status

LOG_EVERY_S = 10.0
REDRAW_EVERY_S = 0.1


@dataclass(slots=True)
class Progress:
    """Listens to a run; never decides anything."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    live: bool = False
    """Redraw one line (a terminal) instead of printing now and then (a log)."""
    planned: int = 0
    finished: int = 0
    scenarios: int = 0
    findings: int = 0
    running: dict[str, None] = field(default_factory=dict[str, None])
    started: float = field(default_factory=time.monotonic)
    last: float = 0.0
    width: int = 0

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.planned = len(event.planned)
                self.say(f"{self.planned} checks to run, {len(event.skipped)} skipped")
            case CheckStarted():
                self.running[event.check] = None
            case ScenarioJudged():
                self.scenarios += 1
            case FailureSeen():
                self.say(f"{event.check} failed once ({event.rule}); proving and shrinking it")
            case CheckFinished():
                self.running.pop(event.result.check, None)
                self.finished += 1
                self.findings += event.result.status is Status.FAILED
            case WorkerLost():
                self.say(f"a worker ended during {event.check}: {event.detail}")
            case BudgetSpent():
                self.say(f"budget used up; {len(event.unfinished)} checks unfinished")
            case RunInterrupted():
                self.say(f"interrupted; {len(event.unfinished)} checks unfinished")
        self.draw()

    def line(self) -> str:
        """Return the state in one line."""
        seconds = time.monotonic() - self.started
        busy = " ".join(list(self.running)[:4])
        return (
            f"{self.finished}/{self.planned} checks, {self.scenarios} scenarios, "
            f"{self.findings} failed, {seconds:.0f} s" + (f" [{busy}]" if busy else "")
        )

    def draw(self) -> None:
        now = time.monotonic()
        if now - self.last < (REDRAW_EVERY_S if self.live else LOG_EVERY_S):
            return
        if not self.live and self.last == 0.0:
            self.last = now
            return
        self.last = now
        if self.live:
            text = self.line()[: self.width or 200]
            self.stream.write(f"\r\x1b[2K{text}")
            self.stream.flush()
        else:
            self.stream.write(self.line() + "\n")

    def say(self, text: str) -> None:
        """Print a line of its own above the moving one."""
        self.clear()
        self.stream.write(f"  {text}\n")
        self.stream.flush()

    def clear(self) -> None:
        """Remove the moving line."""
        if self.live:
            self.stream.write("\r\x1b[2K")
            self.stream.flush()
