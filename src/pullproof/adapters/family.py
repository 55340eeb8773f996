"""No process outlives its exec: finding and ending what a provider started.

Three nets, each catching what slips through the one before:

1. a provider is started in a session of its own, so that one signal to its
   process group reaches it and its ordinary children;
2. this process is a *subreaper* (Linux), so that daemons which forked twice
   and made sessions of their own become our children, and not init's;
3. ending is repeated until nothing is left, because ending a parent hands us
   its children.

A provider is reaped last. Until then its process id, which is also that of its
group and session, cannot be given to anybody else.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache

from pullproof.adapters import processes

GRACE_S = 0.25
"""How long helpers of a provider may take to vanish after it. A shell's
pipeline or a killed child needs a moment; only what stays is left behind."""
ENDING_S = 5.0
"""How long we try to end what is left. Only a process in an uninterruptible
state, or one that changed its user, can make us give up."""
_PAUSE_S = 0.002
_QUIET_LOOKS = 3

_PR_SET_CHILD_SUBREAPER = 36
_PR_GET_CHILD_SUBREAPER = 37


@dataclass(eq=False, slots=True)
class Member:
    """A running provider and the marks by which its orphans are known."""

    marks: tuple[str, ...]
    """Texts (its sandbox's paths) in the environment or the working directory
    of whatever it starts."""
    pid: int = 0
    """0 until it was started."""
    is_alone: bool = False
    """It has exited, and nothing that it started was left: nor can anything be
    from now on, because nobody is there to start it."""


@dataclass(eq=False, slots=True)
class Family:
    """All providers that this process runs at the moment, and their kin."""

    _members: set[Member] = field(default_factory=set[Member])
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _others: set[int] = field(default_factory=set[int])
    """Children that were here before, or that are ours for another purpose."""

    def __post_init__(self) -> None:
        self._others.update(processes.adopted())

    @contextmanager
    def exempt(self, pid: int) -> Generator[None, None, None]:
        """Never take `pid`, a child of ours, for an orphan."""
        with self._lock:
            self._others.add(pid)
        try:
            yield
        finally:
            with self._lock:
                self._others.discard(pid)

    @contextmanager
    def member(self, marks: tuple[str, ...]) -> Generator[Member, None, None]:
        """Count one provider in, from before its start until all is cleared up."""
        member = Member(marks)
        with self._lock:
            self._members.add(member)
        try:
            yield member
        finally:
            with self._lock:
                self._members.discard(member)

    def kin(self, member: Member) -> tuple[int, ...]:
        """Return what `member` started and what is still there, zombies too."""
        with self._lock:
            orphans = self._orphans(member)
        found = list(processes.descendants(member.pid)) if member.pid else []
        for orphan in orphans:
            found += [orphan, *processes.descendants(orphan)]
        return tuple(dict.fromkeys(found))

    def left_behind(self, member: Member, grace_s: float = GRACE_S) -> int:
        """Return how many processes of an exited `member` stay alive.

        Waits up to `grace_s` for them to go, and not at all if there are none.
        """
        give_up = time.monotonic() + grace_s
        quiet = 0
        known: frozenset[int] | None = None
        while True:
            kin, alive = self._count(member)
            if not kin:
                member.is_alone = True
                return 0
            # Somebody may have forked and died just between our reading the
            # list and asking after those on it, so one quiet look is not enough;
            # and if new ones are dead each time, somebody goes on forking.
            if known is not None and kin - known:
                alive = max(alive, 1)
            known = kin
            quiet = 0 if alive else quiet + 1
            if quiet == _QUIET_LOOKS:
                return 0
            if alive and time.monotonic() >= give_up:
                return alive
            time.sleep(_PAUSE_S)

    def end(self, member: Member) -> None:
        """Kill `member` and everything it started; reap all but `member`."""
        if member.is_alone:
            return
        give_up = time.monotonic() + ENDING_S
        kill_group(member.pid)
        looks = 1
        while looks and time.monotonic() < give_up:
            with self._lock:
                orphans = self._orphans(member)
                for orphan in orphans:
                    with suppress(ProcessLookupError, PermissionError):
                        os.kill(orphan, signal.SIGKILL)
                gone = [_reaped(orphan) for orphan in orphans]
            # Those that we found had perhaps children, who are ours only now.
            # The kernel's list is not exact while it changes: look twice then.
            looks = 2 if orphans else looks - 1
            if not all(gone):
                time.sleep(_PAUSE_S / 4)

    def _count(self, member: Member) -> tuple[frozenset[int], int]:
        """Return all kin of `member`, and how many of them are alive."""
        if not processes.available():
            exists = _group_exists(member.pid)
            return frozenset({member.pid} if exists else ()), int(exists)
        with self._lock:
            orphans = self._orphans(member)
        # It has exited itself, so its own children are among the orphans.
        found = (pid for orphan in orphans for pid in processes.descendants(orphan))
        kin = frozenset((*orphans, *found))
        stats = [processes.stat(pid) for pid in kin]
        return kin, sum(stat is not None and not stat.is_zombie for stat in stats)

    def _orphans(self, member: Member) -> list[int]:
        """Return the adopted processes to be put down to `member`."""
        found: list[int] = []
        adopted = processes.adopted()
        if not adopted:  # as nearly always
            return found
        own_session = os.getsid(0)
        running = {other.pid for other in self._members}
        for pid in adopted:
            stat = processes.stat(pid)
            if stat is None or pid in self._others or pid in running:
                continue
            # A provider's kin cannot come back into our session, so whoever is
            # in it was started by another part of this process.
            if stat.session != own_session and self._owner(pid, stat) in (member, None):
                found.append(pid)
        return found

    def _owner(self, pid: int, stat: processes.Stat) -> Member | None:
        """Return whose orphan `pid` is; None if nobody else can be asked.

        While several providers run, an orphan that bears no mark of anybody is
        left to the last one of them: it is the same provider, after all.
        """
        members = list(self._members)
        if len(members) == 1:
            return members[0]
        for other in members:
            if other.pid == stat.session:
                return other
        if stat.is_zombie:  # has no marks any more, and does no harm
            return None
        places = (*processes.environ(pid), processes.cwd(pid))
        for other in members:
            if any(mark in place for mark in other.marks for place in places):
                return other
        return _NOBODY


_NOBODY = Member(())


@cache
def family() -> Family:
    """Return the family of this process. There can be only one: the kernel
    hands orphans to the process, whichever of its parts started them."""
    return Family()


def kill_group(pid: int) -> None:
    """Kill the process group `pid` leads, if it is still there."""
    if pid > 1:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _group_exists(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # macOS says so of a group that has only zombies.
        return False
    return True


def _reaped(pid: int) -> bool:
    """Reap `pid` if it is dead; whether it is gone."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


@contextmanager
def subreaper() -> Generator[bool, None, None]:
    """Be a subreaper; yields whether this system has such a thing.

    The attribute belongs to the whole process, so nested uses are counted.
    """
    global _subreapers, _before
    prctl = _prctl()
    if prctl is None:
        yield False
        return
    with _subreaper_lock:
        if _subreapers == 0:
            state = ctypes.c_int(0)
            prctl(_PR_GET_CHILD_SUBREAPER, ctypes.addressof(state))
            _before = state.value
            prctl(_PR_SET_CHILD_SUBREAPER, 1)
        _subreapers += 1
    try:
        yield True
    finally:
        with _subreaper_lock:
            _subreapers -= 1
            if _subreapers == 0:
                prctl(_PR_SET_CHILD_SUBREAPER, _before)


_subreaper_lock = threading.Lock()
_subreapers = 0
_before = 0


def _forget() -> None:
    """In a fork of this process: it has no children yet, is no subreaper, and
    nobody is left who would open the locks."""
    global _subreaper_lock, _subreapers
    _subreaper_lock = threading.Lock()
    _subreapers = 0
    family.cache_clear()


os.register_at_fork(after_in_child=_forget)


def _prctl() -> Callable[[int, int], int] | None:
    if sys.platform != "linux":
        return None
    function = ctypes.CDLL(None, use_errno=True).prctl
    function.restype = ctypes.c_int

    def call(option: int, argument: int) -> int:
        zero = ctypes.c_ulong(0)
        return int(function(ctypes.c_int(option), ctypes.c_ulong(argument), zero, zero, zero))

    return call
