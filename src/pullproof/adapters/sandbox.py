"""Directories for providers, and what providers do to them.

Each exec gets `home/`, `tmp/` and `cwd/`, alone or shared with other execs of
its scenario. They are looked at before and after, so that a file with a secret
in it is found, and removed at the end, whatever was done to them: read-only or
unreadable directories, nests deeper than a path can say, FIFOs that block.
"""

import os
import stat
import tempfile
import time
import weakref
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from pullproof.model.transcript import FileSeen

PARTS = ("home", "tmp", "cwd")
CONTENT_BYTES = 64 * 1024
MAX_FILES = 4096
MAX_DEPTH = 64
"""What lies deeper or beyond is not looked at, but is removed."""
_REMOVE_ATTEMPTS = 3
_MOVED = ".moved-"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when somebody touches a file (ctime cannot be set back)."""

    mode: int
    size: int
    inode: int
    changed_ns: int


Snapshot = Mapping[str, Stamp]

EMPTY: Snapshot = {}

_PRISTINE = dict.fromkeys(PARTS, stat.S_IFDIR | 0o700)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The three directories of one or several execs."""

    path: str

    @property
    def home(self) -> str:
        return f"{self.path}/home"

    @property
    def tmp(self) -> str:
        return f"{self.path}/tmp"

    @property
    def cwd(self) -> str:
        return f"{self.path}/cwd"

    def prepare(self) -> None:
        """Make the directories, also again if an exec removed them."""
        for directory in (self.path, self.home, self.tmp, self.cwd):
            try:
                os.mkdir(directory, 0o700)
            except FileExistsError:
                if not stat.S_ISDIR(os.lstat(directory).st_mode):
                    os.unlink(directory)
                    os.mkdir(directory, 0o700)

    def is_pristine(self) -> bool:
        """Whether it is as `prepare` made it, so that nobody could tell."""
        try:
            found = {name: status.st_mode for name, status in _look(self.path)}
            return found == _PRISTINE and not any(os.listdir(f"{self.path}/{p}") for p in PARTS)
        except OSError:
            return False

    def snapshot(self) -> Snapshot:
        """Return the stamps of all files in it, by relative path.

        Directories are not files here; links, FIFOs, sockets and devices are.
        """
        return {
            name: Stamp(status.st_mode, status.st_size, status.st_ino, status.st_ctime_ns)
            for name, status in self._files()
        }

    def changes(self, before: Snapshot) -> tuple[FileSeen, ...]:
        """Return the files that are new or different since `before`, sorted.

        Nothing is opened but regular files, and no link is followed: a link's
        content is the path it names.
        """
        return tuple(
            FileSeen(
                # It is shown and saved, so there must be no half characters in it.
                os.fsencode(name).decode("utf-8", "backslashreplace"),
                stat.S_IMODE(stamp.mode),
                stamp.size,
                self._content(name, stamp.mode),
            )
            for name, stamp in sorted(self.snapshot().items())
            if before.get(name) != stamp
        )

    def _files(self) -> Iterator[tuple[str, os.stat_result]]:
        pending = [(part, 1) for part in PARTS]
        files = 0
        while pending:
            name, depth = pending.pop()
            for entry, status in self._entries(name):
                relative = f"{name}/{entry}"
                if stat.S_ISDIR(status.st_mode):
                    if depth < MAX_DEPTH:
                        pending.append((relative, depth + 1))
                elif files < MAX_FILES:
                    files += 1
                    yield relative, status

    def _entries(self, name: str) -> list[tuple[str, os.stat_result]]:
        """Return what is in the directory `name`; nothing if it is none."""
        directory = f"{self.path}/{name}"
        try:
            return _look(directory)
        except PermissionError:
            with suppress(OSError), self._access(name):
                return _look(directory)
        except OSError:
            pass
        return []

    def _content(self, name: str, mode: int) -> bytes:
        """Return the beginning of a file, or where a link points to."""
        path = f"{self.path}/{name}"
        if stat.S_ISLNK(mode):
            read = _target
        elif stat.S_ISREG(mode):
            read = _beginning
        else:
            return b""
        try:
            return read(path)
        except PermissionError:
            with suppress(OSError), self._access(name):
                return read(path)
        except OSError:
            pass
        return b""

    @contextmanager
    def _access(self, name: str) -> Generator[None, None, None]:
        """Lend ourselves, as the owner, the way to `name` and reading it."""
        steps = name.split("/")
        paths = [f"{self.path}/{'/'.join(steps[: n + 1])}" for n in range(len(steps))]
        with ExitStack() as stack:
            for path in paths:
                mode = os.lstat(path).st_mode
                wanted = 0o500 if stat.S_ISDIR(mode) else 0o400
                if mode & wanted != wanted and not stat.S_ISLNK(mode):
                    os.chmod(path, stat.S_IMODE(mode) | wanted)
                    stack.callback(os.chmod, path, stat.S_IMODE(mode))
            yield


class SandboxRoot:
    """A temporary directory that holds all sandboxes of a session.

    It is removed on `close`, and at the latest when the interpreter ends.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="pullproof-", dir=parent)).resolve()
        self._numbers = count(1)
        self._untouched: list[Sandbox] = []
        self._remove = weakref.finalize(self, remove_tree, str(self.path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def new(self) -> Sandbox:
        """Return a sandbox in which nobody did anything before."""
        if self._untouched:
            return self._untouched.pop()
        sandbox = Sandbox(f"{self.path}/s{next(self._numbers)}")
        sandbox.prepare()
        return sandbox

    def give_back(self, sandbox: Sandbox) -> None:
        """Remove a sandbox, unless it was left as it was. What resists waits
        for `close`."""
        if sandbox.is_pristine():
            # Most providers touch nothing, and directories are slow to make.
            self._untouched.append(sandbox)
            return
        with suppress(OSError):
            remove_tree(sandbox.path)

    def close(self) -> None:
        """Remove everything. May be called again.

        Raises:
            OSError: something resisted, for example a mount point.
        """
        self._remove()


def remove_tree(path: str) -> None:
    """Remove the directory `path` and all in it; nothing if it is not there.

    Directories below are first moved up next to each other. So no path gets
    long and nothing recurses, however deep the nest is.

    Raises:
        OSError: something resisted several attempts.
    """
    for attempt in range(1, _REMOVE_ATTEMPTS + 1):
        try:
            _empty(path)
            os.rmdir(path)
        except FileNotFoundError:
            return
        except OSError:
            # A process that is just being ended may still have written.
            if attempt == _REMOVE_ATTEMPTS:
                raise
            time.sleep(0.02 * attempt)
        else:
            return


def _empty(root: str) -> None:
    """Remove everything in `root`."""
    free_names = (name for n in count() if not os.path.lexists(name := f"{root}/{_MOVED}{n}"))
    os.chmod(root, 0o700)
    pending = [root]
    while pending:
        directory = pending.pop()
        # Without privilege one must be allowed to write into a directory, both
        # to remove what is in it and to move it.
        os.chmod(directory, 0o700)
        for name, status in _look(directory):
            path = f"{directory}/{name}"
            if not stat.S_ISDIR(status.st_mode):
                os.unlink(path)
            elif directory == root:
                pending.append(path)
            else:
                os.chmod(path, 0o700)
                target = next(free_names)
                os.rename(path, target)
                pending.append(target)
        if directory != root:
            os.rmdir(directory)


def _look(directory: str) -> list[tuple[str, os.stat_result]]:
    """Return names and states of what is in `directory`, links not followed."""
    found: list[tuple[str, os.stat_result]] = []
    with os.scandir(directory) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # gone meanwhile
                found.append((entry.name, entry.stat(follow_symlinks=False)))
    return found


def _target(path: str) -> bytes:
    return os.fsencode(os.readlink(path))[:CONTENT_BYTES]


def _beginning(path: str) -> bytes:
    # If it was swapped meanwhile: a link is refused, a FIFO does not block.
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(fd, "rb") as file:
        return file.read(CONTENT_BYTES) or b""
