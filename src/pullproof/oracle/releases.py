"""Which kubelets there are to ask, and where their oracles lie.

An oracle is kept under a name made of its release and its sources, so that a
change of either asks for a new build and no build is ever half right.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from pullproof.model.errors import PullproofError

RELEASES: Mapping[int, str] = {
    33: "1.33.13",
    34: "1.34.4",
    35: "1.35.4",
    36: "1.36.3",
    37: "1.37.2",
}
"""By Kubernetes minor: the newest patch that the Go module proxy serves."""

_SOURCE_FILES = ("*.go", "*.s", "provider/*.go")


class OracleUnavailable(PullproofError):
    """There is no oracle for this minor on this machine; says how to get one."""


def parse_minor(text: str) -> int:
    """Return 34 for "1.34".

    Raises:
        OracleUnavailable: there is no oracle of that name.
    """
    minors = {f"1.{minor}": minor for minor in RELEASES}
    if text not in minors:
        raise OracleUnavailable(f"no oracle for Kubernetes {text}; there are: {', '.join(minors)}")
    return minors[text]


def source_folder() -> Path:
    """Return the folder of the Go program.

    Raises:
        OracleUnavailable: this is an installation without it.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "go", here.parents[2] / "oracle"):
        if (folder / "go.mod").is_file():
            return folder
    raise OracleUnavailable("the oracle's sources are not installed; use a checkout of pullproof")


def cache_folder() -> Path:
    """Return where built oracles are kept."""
    named = os.environ.get("PULLPROOF_CACHE")
    base = Path(named) if named else Path.home() / ".cache" / "pullproof"
    return base / "oracle"


def program(minor: int) -> Path:
    """Return where the oracle of `minor` lies, or would lie once built."""
    return _built(minor) / "oracle"


def provider_program(minor: int) -> Path:
    """Return where the provider that takes notes lies, or would lie once built."""
    return _built(minor) / "provider"


def require_program(minor: int) -> Path:
    """Return the oracle of `minor`.

    Raises:
        OracleUnavailable: it is not built.
    """
    path = program(minor)
    if not path.is_file():
        command = f"python -m pullproof.oracle.build --minor 1.{minor}"
        raise OracleUnavailable(f"the oracle for Kubernetes 1.{minor} is not built; run: {command}")
    return path


def _built(minor: int) -> Path:
    return cache_folder() / f"{RELEASES[minor]}-{_fingerprint(minor)}"


def _fingerprint(minor: int) -> str:
    folder = source_folder()
    digest = hashlib.sha256()
    files = [path for pattern in _SOURCE_FILES for path in folder.glob(pattern)]
    modules = folder / "minors" / f"1.{minor}"
    for path in sorted([*files, modules / "go.mod", modules / "go.sum"]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
