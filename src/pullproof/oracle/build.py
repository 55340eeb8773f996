"""Build oracles: `python -m pullproof.oracle.build [--minor 1.34 ...]`.

The first build of a minor compiles a good part of Kubernetes and takes
minutes; later ones take seconds. Needs Go 1.26 and, the first time, the Go
module proxy. Nothing else in pullproof needs either.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

from pullproof.model.errors import PullproofError
from pullproof.oracle.releases import (
    RELEASES,
    OracleUnavailable,
    parse_minor,
    program,
    provider_program,
    source_folder,
)

_PACKAGE = "github.com/pullproof/oracle"
_MINORS = [f"1.{minor}" for minor in RELEASES]
_REASON_LENGTH = 300


def build(minor: int) -> Path:
    """Return the oracle of `minor`, built if need be.

    Raises:
        OracleUnavailable: it cannot be built here: no Go, or no modules; the
            message is one line.
        OracleBroken: everything is there, and it does not compile.
    """
    target = program(minor)
    if target.is_file() and provider_program(minor).is_file():
        return target
    if shutil.which("go") is None:
        raise OracleUnavailable("the oracle cannot be built: no `go` in PATH (Go 1.26 is needed)")
    target.parent.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent.parent) as scratch:
        folder = Path(scratch)
        _go(_packages_command(minor), OracleUnavailable)
        _go(_oracle_command(minor, folder / "oracle"))
        _go(["build", "-trimpath", "-o", str(folder / "provider"), "./provider"], CGO_ENABLED="0")
        target.parent.mkdir(exist_ok=True)
        for name in ("provider", "oracle"):  # the oracle last: it says all is there
            os.replace(folder / name, target.parent / name)
    return target


class OracleBroken(PullproofError):
    """The oracle's own sources do not compile: our fault, and never a skip."""


def _packages_command(minor: int) -> list[str]:
    """Return what fetches all modules and reads all imports, and compiles nothing."""
    return [
        "list",
        "-deps",
        "-test",
        f"-modfile=minors/1.{minor}/go.mod",
        f"-tags=minor{minor}",
        ".",
    ]


def _oracle_command(minor: int, output: Path) -> list[str]:
    return [
        "test",
        "-c",
        "-vet=off",
        f"-modfile=minors/1.{minor}/go.mod",
        f"-tags=minor{minor}",
        f"-ldflags=-s -w -X {_PACKAGE}.release={RELEASES[minor]}",
        "-o",
        str(output),
        ".",
    ]


def _go(
    arguments: Sequence[str], failure: type[PullproofError] = OracleBroken, **variables: str
) -> None:
    environment = {"GOFLAGS": "-p=2", **os.environ, "GOWORK": "off", **variables}
    run = subprocess.run(
        ["nice", "-n", "10", "go", *arguments],
        cwd=source_folder(),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if run.returncode:
        raise failure(f"the oracle cannot be built: {_reason(run.stdout)}")


def _reason(output: str) -> str:
    """Return the line of Go's output that says what went wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("go: downloading", "#"))]
    return (told or lines or ["go failed without a word"])[0][:_REASON_LENGTH]


@click.command()
@click.option("--minor", "minors", multiple=True, type=click.Choice(_MINORS), help="Default: all.")
def main(minors: tuple[str, ...]) -> None:
    """Build the oracle of each given Kubernetes minor."""
    for minor in minors or _MINORS:
        began = time.monotonic()
        try:
            path = build(parse_minor(minor))
        except PullproofError as problem:
            click.echo(f"{minor}: {problem}", err=True)
            sys.exit(1)
        size = path.stat().st_size / 2**20
        click.echo(f"{minor}: {path} ({size:.0f} MiB, {time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main()
