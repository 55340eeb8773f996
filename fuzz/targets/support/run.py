"""Runs a target under Atheris: what the last lines of each target's file call.

The target's modules are imported twice: once by its file, which is the program,
and once more here, this time instrumented. Only our own code is: Atheris sees
nothing of validators that are written in C or Rust, and instrumenting more of
Python makes runs slower and no better.
"""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

PACKAGE = "pullproof"
_NOT_INSTRUMENTED = ("corpus", "fuzz")
"""Rooms whose branches are no progress."""


def main(file: str) -> None:
    """Fuzz the target in `file` with libFuzzer's options of the command line.

    Dictionary and longest input are added unless they are given. Ends the process: 0 after
    `-atheris_runs`, 77 after a violation, which is kept as `crash-<hash>`.
    """
    name = Path(file).stem
    frozen = bool(getattr(sys, "frozen", False))
    try:
        atheris: Any = import_module("atheris")
    except ModuleNotFoundError:
        raise SystemExit(
            "atheris is not installed: pip install 'pullproof[fuzz]' (Linux on x86_64; elsewhere "
            "there is no wheel, and `pytest tests/fuzz/targets` runs the targets on their seeds)"
        ) from None
    listing = import_module("pullproof.fuzz.targets.support.listing")
    before = [*_forget(), *(f"{PACKAGE}.fuzz.targets.{each}" for each in listing.names())]
    # Atheris includes whole packages only, and excludes single modules only.
    excluded = [name for name in before if name.split(".")[1] in _NOT_INSTRUMENTED]
    with atheris.instrument_imports(include=[PACKAGE], exclude=excluded):
        target: Any = import_module("pullproof.fuzz.targets.support.listing").load(name)
    if not frozen:
        _make_repeatable(file)
    words = list(sys.argv) if frozen else _with_defaults(sys.argv, target)
    options: dict[str, Any] = {}
    if target.mutate is not None:
        options["custom_mutator"] = _mutator(target.mutate, atheris)
    atheris.Setup(words, target.module.check, **options)
    atheris.Fuzz()


def _with_defaults(words: list[str], target: Any) -> list[str]:
    """Return the command line with what it leaves open; OSS-Fuzz has files for that."""
    defaults = {"-dict=": target.dictionary, "-max_len=": target.max_len}
    added = [
        f"{option}{value}"
        for option, value in defaults.items()
        if value is not None and not any(word.startswith(option) for word in words)
    ]
    return [words[0], *added, *words[1:]]


def _mutator(mutate: Any, atheris: Any) -> Callable[[bytes, int, int], bytes]:
    # `atheris.Mutate` is another function once fuzzing has begun: look it up each time.
    return lambda data, size, seed: mutate(data, size, seed, atheris.Mutate)


def _forget() -> list[str]:
    """Have our modules imported anew; return their names."""
    found = [name for name in sys.modules if name.startswith(f"{PACKAGE}.")]
    for name in found:
        del sys.modules[name]
    return found


def _make_repeatable(file: str) -> None:
    """Let `-fork`, `-jobs`, `-merge` and `-minimize_crash` start this program again.

    They give `argv[0]` to a shell, which needs a path, an executable file and
    this interpreter in front of all others.
    """
    sys.argv[0] = str(Path(file).resolve())
    here = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([here, os.environ.get("PATH", os.defpath)])
