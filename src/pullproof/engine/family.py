"""End workers and everything they started, and nothing else.

A worker leads a session of its own and is its providers' parent; providers
carry the path of the worker's temporary directory in their environment or work
below it. Whoever matches one of these belongs to it, even when the worker is
gone already or a provider made itself a daemon.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_HAS_PROC = (_PROC / "self" / "stat").exists()
_ROUNDS = 50
_PAUSE_S = 0.01


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    session: int
    marked: bool
    """Its environment or working directory names the worker's directory."""


def end_family(leaders: Collection[int], root: Path) -> int:
    """Kill the workers `leaders`, whose files are below `root`, and their kin.

    This process is never among them. Returns the number of
    processes that were killed. Looks again until nobody is left, because a
    process that is being killed may just have started another one.
    """
    killed: set[int] = set()
    for _ in range(_ROUNDS):
        found = members(leaders, root)
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        killed |= found
        if not found:
            break
        time.sleep(_PAUSE_S)
    return len(killed)


def members(leaders: Collection[int], root: Path) -> set[int]:
    """Return the pids of the workers `leaders` and of all that they started.

    Zombies and this process are left out.
    """
    living = list(_list_linux(root) if _HAS_PROC else _list_ps())
    family = {*leaders, *(p.pid for p in living if p.marked or p.session in leaders)}
    while more := {p.pid for p in living if p.parent in family} - family:
        family |= more
    return (family & {p.pid for p in living}) - {os.getpid()}


def _list_linux(root: Path) -> Iterator[_Process]:
    for entry in os.scandir(_PROC):
        if entry.name.isdecimal():
            # It may end while we read, and others' files may not be ours to read.
            with contextlib.suppress(OSError, IndexError, ValueError):
                yield from _read_linux(int(entry.name), os.fsencode(root))


def _read_linux(pid: int, mark: bytes) -> Iterable[_Process]:
    folder = _PROC / str(pid)
    # The name in brackets may hold blanks and brackets: read after the last one.
    fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    state, parent, session = fields[0], int(fields[1]), int(fields[3])
    if state in "ZX":
        return ()
    return (_Process(pid, parent, session, _is_marked(folder, mark)),)


def _is_marked(folder: Path, mark: bytes) -> bool:
    with contextlib.suppress(OSError):
        if mark in os.fsencode(os.readlink(folder / "cwd")):
            return True
    with contextlib.suppress(OSError):
        return mark in (folder / "environ").read_bytes()
    return False


def _list_ps() -> Iterator[_Process]:
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,state="], capture_output=True, text=True, check=False
    )
    for row in (line.split() for line in listing.stdout.splitlines()):
        if len(row) == 3 and not row[2].startswith("Z"):
            yield _Process(int(row[0]), int(row[1]), 0, False)
