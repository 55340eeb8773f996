"""Reading /proc: who is whose child, and with which arguments.

Every function answers "nothing" where there is no /proc (macOS) and for a
process that has gone in the meantime; both are ordinary here.
"""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Stat:
    """The first fields of /proc/PID/stat."""

    state: str
    ppid: int
    pgrp: int
    session: int

    @property
    def is_zombie(self) -> bool:
        """Dead, and only waiting to be reaped."""
        return self.state in "ZX"


def _read(path: str) -> bytes:
    """Return a file of /proc, empty if it cannot be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        chunks: list[bytes] = []
        while chunk := os.read(fd, 65536):
            chunks.append(chunk)
        return b"".join(chunks)
    except OSError:
        return b""
    finally:
        os.close(fd)


def stat(pid: int) -> Stat | None:
    """Return what /proc says of `pid`; None if there is no such process."""
    text = _read(f"/proc/{pid}/stat")
    # The command's name is in parentheses and may itself hold some.
    fields = text[text.rfind(b")") + 1 :].split()
    if len(fields) < 4:
        return None
    return Stat(fields[0].decode("ascii"), int(fields[1]), int(fields[2]), int(fields[3]))


def adopted() -> tuple[int, ...]:
    """Return the children of this process' first thread.

    The kernel gives orphans to the first living thread of a subreaper.
    Providers are started by other threads, so they are not among these.
    """
    own = os.getpid()
    return _numbers(_read(f"/proc/self/task/{own}/children"))


def children(pid: int) -> tuple[int, ...]:
    """Return the children of all threads of `pid`."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return ()
    found: list[int] = []
    for thread in threads:
        found += _numbers(_read(f"/proc/{pid}/task/{thread}/children"))
    return tuple(found)


def descendants(pid: int) -> tuple[int, ...]:
    """Return the children of `pid`, their children and so on."""
    found: list[int] = []
    pending = [pid]
    while pending:
        for child in children(pending.pop()):
            if child not in found:
                found.append(child)
                pending.append(child)
    return tuple(found)


def argv(pid: int) -> tuple[str, ...]:
    """Return the command line of `pid` as it is now."""
    return _strings(_read(f"/proc/{pid}/cmdline"))


def environ(pid: int) -> tuple[str, ...]:
    """Return the environment `pid` was started with, as `NAME=VALUE`."""
    return _strings(_read(f"/proc/{pid}/environ"))


def cwd(pid: int) -> str:
    """Return the working directory of `pid`, empty if it cannot be read."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


@cache
def available() -> bool:
    """Whether this system has a /proc that lists children."""
    return Path(f"/proc/self/task/{os.getpid()}/children").exists()


def _numbers(text: bytes) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split())


def _strings(text: bytes) -> tuple[str, ...]:
    if not text:
        return ()
    # Transcripts are shown and saved, so there must be no half characters in them.
    items = text.removesuffix(b"\0").split(b"\0")
    return tuple(item.decode("utf-8", "backslashreplace") for item in items)
