"""Has anybody touched a sandbox? One system call when nobody has.

The kernel tells of every change in the directories of a sandbox (inotify). A
quiet sandbox need not be looked at, and can be lent again as it is.
"""

import ctypes
import os
import sys
from contextlib import suppress

from pullproof.adapters.sandbox import PARTS, Sandbox

_CHANGES = 0x2 | 0x4 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800
"""Modified, attributes, moved from and to, created, removed, itself removed or moved."""


class SandboxWatch:
    """Watches one sandbox at a time. Where there is no inotify every sandbox
    counts as touched."""

    def __init__(self) -> None:
        self._fd = -1

    def close(self) -> None:
        """Stop watching; may be called again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def watch(self, sandbox: Sandbox) -> None:
        """Watch `sandbox` from now on, and no other one."""
        self.close()
        if sys.platform != "linux":
            return
        libc = ctypes.CDLL(None, use_errno=True)
        fd = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        if fd < 0:
            return
        self._fd = fd
        for path in (sandbox.path, *(f"{sandbox.path}/{part}" for part in PARTS)):
            if libc.inotify_add_watch(fd, os.fsencode(path), _CHANGES) < 0:
                self.close()
                return

    def touched(self) -> bool:
        """Whether anything was changed since `watch`, for all we know."""
        if self._fd < 0:
            return True
        with suppress(BlockingIOError):
            return bool(os.read(self._fd, 4096))
        return False
