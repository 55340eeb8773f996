"""Watching what a provider starts, while it runs (Linux only).

A secret on a command line is readable by every user of the node for as long as
that process lives, so short-lived helpers matter: D-H3. We sample; what lives
for less than a sampling step can be missed, what is reported was really there.
"""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from pullproof.adapters import processes
from pullproof.model.transcript import ProcessSeen

INTERVAL_S = 0.002
MAX_SEEN = 256
"""A fork bomb must not fill the transcript."""


class ChildWatch:
    """Samples the processes that `kin` lists until it is left."""

    def __init__(
        self, kin: Callable[[], tuple[int, ...]], parent: int, interval_s: float = INTERVAL_S
    ) -> None:
        self._kin = kin
        self._parent = parent
        self._interval_s = interval_s
        self._seen: dict[tuple[int, ProcessSeen], None] = {}
        self._own: set[ProcessSeen] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="child-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    @property
    def seen(self) -> tuple[ProcessSeen, ...]:
        """Everything seen so far, in the order of discovery. A process that
        executed another program meanwhile is in it once for each."""
        # Between fork and exec a child still looks like its parent.
        return tuple(process for _, process in list(self._seen) if process not in self._own)

    def _watch(self) -> None:
        while True:
            kin = self._kin()
            # Each time: it may itself still be on its way through exec.
            own = _look(self._parent)
            if own is not None:
                self._own.add(own)
            for pid in kin:
                process = _look(pid)
                if process is not None and process != own and len(self._seen) < MAX_SEEN:
                    self._seen.setdefault((pid, process))
            if self._done.wait(self._interval_s):
                return


def _look(pid: int) -> ProcessSeen | None:
    argv = processes.argv(pid)
    return ProcessSeen(argv, processes.environ(pid)) if argv else None
