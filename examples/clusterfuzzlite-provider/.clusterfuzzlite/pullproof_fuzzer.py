#!/usr/bin/env python3
"""A fuzz target that is a whole provider: libFuzzer's options in, `pullproof fuzz` behind.

`-max_total_time`, `-seed`, `-jobs` and `-artifact_prefix` are understood, other
options are passed over. A folder is the corpus; a file is a finding to replay.
Exits with 77, as libFuzzer does, when a finding was proved.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SETTINGS = HERE / "pullproof.toml"
CRASHED = 77
VIOLATION = 1
DEFAULT_SECONDS = "600"


def main(words: list[str]) -> int:
    """Fuzz or replay; return the exit status."""
    pairs = [word[1:].partition("=") for word in words if word.startswith("-")]
    options = {name: value for name, _, value in pairs}
    paths = [Path(word) for word in words if not word.startswith("-")]
    files = [path for path in paths if path.is_file()]
    if files:
        return replay(files)
    corpus = next(iter(paths), Path("pullproof-corpus"))
    return fuzz(options, corpus, options.get("artifact_prefix", ""))


def fuzz(options: dict[str, str], corpus: Path, prefix: str) -> int:
    """Run a campaign until its time is up or something is proved."""
    seconds = options.get("max_total_time", DEFAULT_SECONDS)
    command = ["fuzz", "--until-finding", "--time", f"{seconds}s", "--corpus", str(corpus)]
    command += ["--seed", options.get("seed", "0")]
    if options.get("jobs", "0") != "0":
        command += ["--jobs", options["jobs"]]
    known = set(findings(corpus))
    status = pullproof(command)
    if status != VIOLATION:
        return status
    new = [path for path in findings(corpus) if path not in known] or sorted(known)
    for path in new:
        data = path.read_bytes()
        name = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        kept = Path(f"{prefix}crash-{name}")
        kept.write_bytes(data)
        print(f"==1==ERROR: pullproof: {path.stem} is broken")
        print(f"artifact_prefix='{prefix}'; Test unit written to {kept}", flush=True)
    return CRASHED


def replay(files: list[Path]) -> int:
    """Run saved findings again."""
    for path in files:
        status = pullproof(["replay", str(path)])
        if status == VIOLATION:
            print(f"==1==ERROR: pullproof: {path} still fails", flush=True)
            return CRASHED
    return 0


def findings(corpus: Path) -> list[Path]:
    """Return the proved findings of a corpus."""
    return sorted((corpus / "findings").glob("*.json"))


def pullproof(words: list[str]) -> int:
    """Run pullproof on the provider beside this file; return its exit status."""
    command = [sys.executable, "-m", "pullproof", *words, "--settings", str(SETTINGS)]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
