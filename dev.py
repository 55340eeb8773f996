#!/usr/bin/env python3
"""Everything a developer does, with nothing but Python 3.11 and git to start from.

    python3 dev.py demo     check the shipped provider, then a broken one
    python3 dev.py test     run the tests
    python3 dev.py lint     ruff, format, both type checkers, corpus lint
    python3 dev.py all      lint, then test
    python3 dev.py shell    print how to enter the environment

The environment is made in .venv at the first use and renewed when
pyproject.toml changes. `make demo` and `make test` do the same.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / "pullproof.stamp"


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file runs before anything checks it
        print(
            "pullproof needs Python 3.11 or newer; this is", sys.version.split()[0], file=sys.stderr
        )
        return 2
    commands: dict[str, Callable[[list[str]], int]] = {
        "demo": demo,
        "test": test,
        "lint": lint,
        "all": lambda rest: lint([]) or test(rest),
        "shell": shell,
    }
    words = sys.argv[1:]
    if not words or words[0] not in commands:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    prepare()
    return commands[words[0]](words[1:])


def prepare() -> None:
    """Make or renew the environment; say so, since it takes a minute."""
    digest = hashlib.sha256(
        (ROOT / "pyproject.toml").read_bytes() + sys.version.encode()
    ).hexdigest()
    if STAMP.exists() and STAMP.read_text() == digest and (BIN / "python").exists():
        return
    if not (ROOT / "src/pullproof/model").is_dir():
        sys.exit(
            "src/pullproof/model is not a link to model/: this checkout has no symbolic links. "
            "Clone again with: git clone -c core.symlinks=true"
        )
    print("making .venv (once; needs the package index) …", file=sys.stderr)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False)
    if made.returncode:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(
            "python's venv module could not make an environment; "
            f"on Debian and Ubuntu: apt-get install python{version}-venv"
        )
    pip = [str(BIN / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    if subprocess.run([*pip, "-e", f"{ROOT}[dev]"], check=False).returncode:
        sys.exit("installing the packages failed; see above")
    STAMP.write_text(digest)


def run(*words: str) -> int:
    return subprocess.run([str(BIN / words[0]), *words[1:]], cwd=ROOT, check=False).returncode


def demo(rest: list[str]) -> int:
    """A correct provider and a broken one; the broken one must be caught."""
    settings = "fuzz/providers/python-exchange/pullproof.toml"
    good = run(
        "pullproof", "check", "--settings", settings, "--report", "pullproof-report/good", *rest
    )
    if good:
        return good
    print(
        "\nand now a provider that remembers one workload's credential for the next:\n", flush=True
    )
    broken = ROOT / "examples/broken/pullproof.toml"
    bad = run(
        "pullproof", "check", "--settings", str(broken), "--profile", "smoke",
        "--report", "pullproof-report/broken",
    )  # fmt: skip
    if bad != 1:
        print(f"the broken provider was not caught (exit {bad})", file=sys.stderr)
        return 1
    return 0


def test(rest: list[str]) -> int:
    return run("pytest", *(rest or ["-q"]))


def lint(rest: list[str]) -> int:
    del rest
    steps = (
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        # Told which environment it is: it would look for one of its own.
        ("pyright", "--pythonpath", str(BIN / "python")),
        ("python", "-m", "pullproof.corpus.lint", "--check"),
    )
    failed = [words for words in steps if run(*words)]
    for words in failed:
        print("failed:", " ".join(words), file=sys.stderr)
    return 1 if failed else 0


def shell(rest: list[str]) -> int:
    del rest
    print(f"source {BIN / 'activate'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
