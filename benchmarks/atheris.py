"""How fast fuzz targets run: `python benchmarks/atheris.py [--seconds 5] [--json FILE] [TARGET…]`.

Each target is a process of its own and starts from its seeds. Wall-clock rates
are libFuzzer's; rates per CPU second (start-up taken off) say the same on a busy
machine. Targets of pure parsing have a bound.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pullproof.fuzz.targets.support.listing import FOLDER, load, names
from pullproof.fuzz.targets.support.seeds import write_folder

PURE_PARSING = frozenset({"challenges", "durations", "globs", "image_names", "json_scanner"})
BOUND = 20_000
_COUNT = re.compile(r"stat::number_of_executed_units: (\d+)")
_EDGES = re.compile(r"cov: (\d+) ft: (\d+)")


@dataclass(frozen=True)
class Rate:
    """One run of one target."""

    target: str
    executions: int
    per_second: float
    per_cpu_second: float
    edges: int
    features: int
    bound: int | None


def measure(name: str, seconds: int) -> Rate:
    """Run one target and return its rates.

    Raises:
        RuntimeError: it found something, or could not be run.
    """
    with tempfile.TemporaryDirectory() as folder:
        corpus, seeds = Path(folder, "corpus"), Path(folder, "seeds")
        corpus.mkdir()
        write_folder(load(name), seeds)
        places = [f"-artifact_prefix={folder}/", str(corpus), str(seeds)]
        idle_s, _, _ = run(name, ["-atheris_runs=1", *places[:1]])
        cpu_s, wall_s, log = run(name, [f"-max_total_time={seconds}", *places])
    executions = int(_COUNT.findall(log)[-1])
    edges, features = _EDGES.findall(log)[-1]
    wall_s = min(wall_s, float(seconds))
    return Rate(
        name,
        executions,
        executions / wall_s,
        executions / max(cpu_s - idle_s, 0.001),
        int(edges),
        int(features),
        BOUND if name in PURE_PARSING else None,
    )


def run(name: str, options: list[str]) -> tuple[float, float, str]:
    """Return CPU seconds, seconds and log of one run."""
    command = [sys.executable, str(FOLDER / f"{name}.py"), "-print_final_stats=1", "-seed=1"]
    before, began = cpu_seconds(), time.monotonic()
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return cpu_seconds() - before, time.monotonic() - began, done.stderr


def cpu_seconds() -> float:
    """Return the CPU seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Print the table; return 1 if a bound is missed."""
    parser = argparse.ArgumentParser(description="Measure fuzz targets.")
    parser.add_argument("targets", nargs="*", default=list(names()))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    print("| target | exec/s | exec per CPU second | bound | edges | features |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    rates: list[Rate] = []
    for name in asked.targets:
        rate = measure(name, asked.seconds)
        rates.append(rate)
        bound = f"{rate.bound:,}" if rate.bound else ""
        print(
            f"| {rate.target} | {rate.per_second:,.0f} | {rate.per_cpu_second:,.0f} | {bound} "
            f"| {rate.edges} | {rate.features} |",
            flush=True,
        )
    if asked.json:
        document = {"seconds": asked.seconds, "python": sys.version.split()[0]}
        text = json.dumps({**document, "rates": [asdict(rate) for rate in rates]}, indent=1)
        asked.json.write_text(text + "\n", "utf-8")
    return int(any(rate.bound and rate.per_second < rate.bound for rate in rates))


if __name__ == "__main__":
    sys.exit(main())
