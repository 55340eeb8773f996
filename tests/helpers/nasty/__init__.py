"""Little providers that behave badly, and proof that nothing stays of them.

Each takes a `mark` as its first argument where it starts something: a number of
seconds so odd that no other process sleeps that long.
"""

import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

_HERE = Path(__file__).parent


def path(name: str) -> str:
    """Return the path of the nasty provider `name`, with its extension."""
    found = _HERE / name
    assert os.access(found, os.X_OK), name
    return str(found)


def _mark() -> str:
    return f"{random.SystemRandom().randint(10**6, 10**7)}.{random.SystemRandom().getrandbits(48)}"


@dataclass(frozen=True)
class Traces:
    """What would show that a process of a test is still there."""

    mark: str = field(default_factory=_mark)

    @property
    def env(self) -> tuple[str, str]:
        return ("NASTY_MARK", self.mark)

    def processes(self) -> list[int]:
        """Return the living processes that carry the mark."""
        mark = self.mark.encode()
        return [pid for pid in _pids() if mark in _texts(pid)]

    def are_gone(self) -> bool:
        """Whether no process carries the mark, and we have no dead children."""
        give_up = time.monotonic() + 1.0
        while found := self.processes():
            if time.monotonic() > give_up:
                print("still there:", [(pid, _texts(pid)) for pid in found])
                return False
            time.sleep(0.01)
        return not zombies()


def zombies() -> list[int]:
    """Return our own dead children that nobody reaped."""
    found: list[int] = []
    for pid in _pids():
        stat = _read(f"/proc/{pid}/stat")
        fields = stat[stat.rfind(b")") + 1 :].split()
        if len(fields) > 1 and fields[0] == b"Z" and int(fields[1]) == os.getpid():
            found.append(pid)
    return found


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _texts(pid: int) -> bytes:
    return _read(f"/proc/{pid}/cmdline") + _read(f"/proc/{pid}/environ")


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError:
        return b""
