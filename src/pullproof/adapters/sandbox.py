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
from contextlib import contextmanager, suppress
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


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when somebody touches a file (ctime cannot be set back)."""

    mode: int
    size: int
    inode: int
    changed_ns: int


Snapshot = Mapping[str, Stamp]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The three directories of one or several execs."""

    path: Path

    @property
    def home(self) -> str:
        return str(self.path / "home")

    @property
    def tmp(self) -> str:
        return str(self.path / "tmp")

    @property
    def cwd(self) -> str:
        return str(self.path / "cwd")

    def prepare(self) -> None:
        """Make the directories, also again if an exec removed them."""
        for directory in (self.path, *(self.path / part for part in PARTS)):
            try:
                os.mkdir(directory, 0o700)
            except FileExistsError:
                if not stat.S_ISDIR(os.lstat(directory).st_mode):
                    os.unlink(directory)
                    os.mkdir(directory, 0o700)

    def snapshot(self) -> Snapshot:
        """Return the stamps of all files in it, by relative path.

        Directories are not files here; links, FIFOs, sockets and devices are.
        """
        found: dict[str, Stamp] = {}
        for name, status in self._files():
            found[name] = Stamp(
                status.st_mode, status.st_size, status.st_ino, status.st_ctime_ns
            )  # fmt: skip
        return found

    def changes(self, before: Snapshot) -> tuple[FileSeen, ...]:
        """Return the files that are new or different since `before`, sorted.

        Nothing is opened but regular files, and no link is followed: a link's
        content is the path it names.
        """
        seen: list[FileSeen] = []
        for name, stamp in sorted(self.snapshot().items()):
            if before.get(name) != stamp:
                content = _content(self.path / name, stamp.mode)
                seen.append(FileSeen(name, stat.S_IMODE(stamp.mode), stamp.size, content))
        return tuple(seen)

    def _files(self) -> Iterator[tuple[str, os.stat_result]]:
        pending = [(part, 1) for part in PARTS]
        files = 0
        while pending:
            name, depth = pending.pop()
            with _readable(self.path / name, 0o500) as entries_of:
                for entry in _entries(entries_of):
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue  # gone meanwhile
                    relative = f"{name}/{entry.name}"
                    if stat.S_ISDIR(status.st_mode):
                        if depth < MAX_DEPTH:
                            pending.append((relative, depth + 1))
                    elif files < MAX_FILES:
                        files += 1
                        yield relative, status


class SandboxRoot:
    """A temporary directory that holds all sandboxes of a session.

    It is removed on `close`, and at the latest when the interpreter ends.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="pullproof-", dir=parent)).resolve()
        self._numbers = count(1)
        self._remove = weakref.finalize(self, remove_tree, self.path)

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
        """Return a sandbox that nobody used before."""
        sandbox = Sandbox(self.path / f"s{next(self._numbers)}")
        sandbox.prepare()
        return sandbox

    def remove(self, sandbox: Sandbox) -> None:
        """Remove one sandbox before the others; what resists waits for `close`."""
        with suppress(OSError):
            remove_tree(sandbox.path)

    def close(self) -> None:
        """Remove everything. May be called again.

        Raises:
            OSError: something resisted, for example a mount point.
        """
        self._remove()


def remove_tree(path: Path) -> None:
    """Remove the directory `path` and all in it; nothing if it is not there.

    Directories below are first moved up next to each other. So no path gets
    long and nothing recurses, however deep the nest is.

    Raises:
        OSError: something resisted several attempts.
    """
    for attempt in range(1, _REMOVE_ATTEMPTS + 1):
        try:
            _flatten(path)
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


def _flatten(root: Path) -> None:
    """Empty `root`."""
    os.chmod(root, 0o700)
    names = (f".removed-{number}" for number in count())
    pending = [root]
    while pending:
        directory = pending.pop()
        os.chmod(directory, 0o700)
        for entry in list(_entries(directory)):
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
            elif directory == root and entry.name.startswith(".removed-"):
                pending.append(Path(entry.path))
            else:
                # To move a directory one must be allowed to write into it.
                os.chmod(entry.path, 0o700)
                target = root / next(name for name in names if not (root / name).exists())
                os.rename(entry.path, target)
                pending.append(target)
        if directory != root:
            os.rmdir(directory)


def _entries(directory: Path) -> Iterator["os.DirEntry[str]"]:
    """Return what is in `directory`; nothing if it cannot be listed."""
    try:
        with os.scandir(directory) as entries:
            yield from entries
    except OSError:
        return


@contextmanager
def _readable(path: Path, bits: int) -> Generator[Path, None, None]:
    """Lend ourselves the permission `bits` on `path`, ours by ownership."""
    try:
        mode = stat.S_IMODE(os.lstat(path).st_mode)
    except OSError:
        yield path
        return
    lent = mode & bits != bits
    if lent:
        with suppress(OSError):
            os.chmod(path, mode | bits)
    try:
        yield path
    finally:
        if lent:
            with suppress(OSError):
                os.chmod(path, mode)


def _content(path: Path, mode: int) -> bytes:
    """Return the beginning of a file, or where a link points to."""
    if stat.S_ISLNK(mode):
        try:
            return os.fsencode(os.readlink(path))[:CONTENT_BYTES]
        except OSError:
            return b""
    if not stat.S_ISREG(mode):
        return b""
    parent = path.parent
    with _readable(parent, 0o500), _readable(path, 0o400):
        # If it was swapped meanwhile: a link is refused, a FIFO does not block.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            fd = os.open(path, flags)
        except OSError:
            return b""
        try:
            with open(fd, "rb") as file:
                return file.read(CONTENT_BYTES) or b""
        except OSError:
            return b""
