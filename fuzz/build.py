"""Make shipped providers ready to run: `ensure_built(name)`, `ensure_program(source)`.

Interpreted providers run where they lie. Compiled ones are built on demand
into a cache directory, keyed by their sources, so that a checkout or an
installed package is never written to. What cannot be built here is a value
with its reason, not an exception: a machine without a compiler is no error.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

PROVIDERS = Path(__file__).resolve().parent / "providers"
SETTINGS_NAME = "pullproof.toml"
BUILD_LIMIT_S = 300.0

_TOOLS = {".c": ("CC", "cc"), ".go": ("GO", "go")}
"""Suffix of a source: (environment variable that names the tool, its usual name)."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A provider that cannot be run on this machine, and why."""

    reason: str


def provider_names() -> tuple[str, ...]:
    """Return the names of the shipped correct providers, sorted."""
    return tuple(sorted(path.parent.name for path in PROVIDERS.glob(f"*/{SETTINGS_NAME}")))


def ensure_built(name: str) -> Path | Unavailable:
    """Return the settings file of provider `name`, with its binary in place.

    Raises:
        LookupError: there is no such provider; the message lists those there are.
    """
    folder = PROVIDERS / name
    if not (folder / SETTINGS_NAME).is_file():
        raise LookupError(f"no provider {name!r}; there are: {', '.join(provider_names())}")
    sources = _sources(folder)
    if not sources:
        return folder / SETTINGS_NAME
    place = _cache() / f"{name}-{_digest(folder)}"
    if place.is_dir():
        return place / SETTINGS_NAME
    with _workshop(place) as draft:
        shutil.copytree(folder, draft, dirs_exist_ok=True)
        (draft / "bin").mkdir(exist_ok=True)
        problem = _compile(_sources(draft), draft / "bin" / name)
        if problem is not None:
            return problem
    return place / SETTINGS_NAME


def ensure_program(source: Path, *, cover: bool = False) -> Path | Unavailable:
    """Return the executable made from the C or Go file `source`.

    It is built together with the base beside it, if it is made from that.

    Args:
        cover: Build a Go file such that it writes coverage (GOCOVERDIR).
    """
    parts = _with_base(source)
    digest = "".join(_digest(part)[: 16 // len(parts)] for part in parts)
    place = _cache() / f"{source.stem}-{digest}{'-cover' if cover else ''}"
    if not place.is_dir():
        with _workshop(place) as draft:
            files = [part for part in parts if part.suffix in _TOOLS]
            problem = _compile(files, draft / source.stem, cover=cover)
            if problem is not None:
                return problem
    return place / source.stem


def _with_base(source: Path) -> tuple[Path, ...]:
    """Return `source` and what it is made from: a Go file without a `main` of its
    own goes with `base.go`, a C file may include `base.h`."""
    text = source.read_text("utf-8")
    if source.suffix == ".go":
        return (source,) if "func main()" in text else (source, source.with_name("base.go"))
    return (source, source.with_name("base.h")) if '#include "base.h"' in text else (source,)


def _sources(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(path for path in folder.iterdir() if path.suffix in _TOOLS))


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    place = Path(base) / "pullproof" / "providers"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        # A home that cannot be written to, as in some containers.
        place = Path(tempfile.gettempdir()) / f"pullproof-{os.getuid()}" / "providers"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def _digest(path: Path) -> str:
    """Return a short name for the content of `path` and the machine it is built for."""
    total = hashlib.sha256(repr(os.uname()[::4]).encode())
    files = sorted(item for item in path.rglob("*") if item.is_file()) if path.is_dir() else [path]
    for item in files:
        content = item.read_bytes()
        total.update(f"{item.relative_to(path)}\0{len(content)}\0".encode() + content)
    return total.hexdigest()[:16]


@contextlib.contextmanager
def _workshop(place: Path) -> Generator[Path, None, None]:
    """Give a directory to build in, and move it to `place` if something was built.

    Several processes may build the same thing; the first one to finish wins.
    """
    draft = Path(tempfile.mkdtemp(prefix="build-", dir=place.parent))
    try:
        yield draft
        if any(os.access(item, os.X_OK) and item.is_file() for item in draft.rglob("*")):
            with contextlib.suppress(OSError):
                draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _compile(sources: Sequence[Path], target: Path, *, cover: bool = False) -> Unavailable | None:
    """Build `target` from `sources`, all of one language; None if that went well."""
    variable, usual = _TOOLS[sources[0].suffix]
    tool = shutil.which(os.environ.get(variable) or usual)
    if tool is None:
        return Unavailable(f"no `{usual}` here to build {target.name} with")
    files = [str(source) for source in sources]
    if sources[0].suffix == ".c":
        words = [tool, "-std=c99", "-D_POSIX_C_SOURCE=200809L", "-O1", "-o", str(target), *files]
        env = dict(os.environ)
    else:
        more = ["-cover"] if cover else []
        words = [tool, "build", "-trimpath", *more, "-o", str(target), *files]
        # No network and no other toolchain: the sources need the standard library only.
        env = dict(os.environ, CGO_ENABLED="0", GOTOOLCHAIN="local", GOPROXY="off", GOFLAGS="")
    try:
        done = subprocess.run(
            words,
            check=False,
            cwd=sources[0].parent,
            env=env,
            capture_output=True,
            timeout=BUILD_LIMIT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Unavailable(f"`{usual}` could not build {target.name}: {type(error).__name__}")
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        return Unavailable(f"`{usual}` could not build {target.name}: {' '.join(last)}")
    return None
