"""How long `pullproof check` takes: `python benchmarks/check.py`.

Whole commands, several runs each, medians. Nothing else should run meanwhile.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = str(ROOT / "fuzz/providers/python-exchange/pullproof.toml")
TOOL = [sys.executable, "-m", "pullproof"]
COMMANDS: tuple[tuple[str, int, str, list[str]], ...] = (
    ("--help", 9, "≤ 0.2 s", ["--help"]),
    ("check, smoke, python-exchange", 3, "≤ 5 s", ["check", "--profile", "smoke", "--settings", SHIPPED]),
    ("check, default, python-exchange", 1, "≤ 60 s", ["check", "--settings", SHIPPED]),
    ("check, default, --budget 20s", 3, "20 s ± 5 %", ["check", "--budget", "20s", "--settings", SHIPPED]),
)  # fmt: skip


def main() -> int:
    print("| command | runs | bound | median | min | max | exit |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, runs, bound, words in COMMANDS:
        extra = ["--no-report"] if words[0] == "check" else []
        seconds: list[float] = []
        codes: set[int] = set()
        for _ in range(runs):
            started = time.monotonic()
            done = subprocess.run([*TOOL, *words, *extra], capture_output=True, check=False)
            seconds.append(time.monotonic() - started)
            codes.add(done.returncode)
        shown = " ".join(str(code) for code in sorted(codes))
        middle = statistics.median(seconds)
        print(
            f"| {name} | {runs} | {bound} | {middle:.2f} s | {min(seconds):.2f} s "
            f"| {max(seconds):.2f} s | {shown} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
