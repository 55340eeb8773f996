"""How close the exec engine comes to a bare C loop: `python benchmarks/spawn.py`.

For each program, in interleaved rounds of one run, on one processor: the C loop
(`cspawn.c`), our engine with every run decoded and judged, the same confined,
and the same with nothing remembered by the judges. The figures are ratios of
medians to the C loop. For Go also the price of coverage: built with `-cover`,
counters read after each run.

    python benchmarks/spawn.py [--rounds 9] [--seconds 0.4] [--only go,static-c]
                               [--out DIR]        table to stdout; JSON and SVG to DIR
"""

import argparse
import gc
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
API = "credentialprovider.kubelet.k8s.io/v1"
ANSWER = (
    f'{{"apiVersion":"{API}","kind":"CredentialProviderResponse","cacheKeyType":"Registry",'
    '"cacheDuration":"10m0s","auth":{"registry.example":{"username":"u","password":"p-0123456789"}}}'
)
REQUEST = (
    f'{{"kind":"CredentialProviderRequest","apiVersion":"{API}","image":"registry.example/app"}}\n'
)
_C = """
#include <unistd.h>
int main(void) { static char b[65536]; while (read(0, b, sizeof b) > 0) {}
  static const char a[] = %s; return write(1, a, sizeof a - 1) < 0; }
"""
_GO = """package main
import ("encoding/json"; "os")
type request struct { APIVersion string `json:"apiVersion"`; Image string `json:"image"` }
func main() {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil { os.Stderr.WriteString("bad request\\n"); os.Exit(1) }
	if asked.Image == "" { os.Stderr.WriteString("no image\\n"); os.Exit(1) }
	os.Stdout.WriteString(`%s`)
}
"""
_RUST = """use std::io::{Read, Write};
fn main() { let mut b = Vec::new(); std::io::stdin().read_to_end(&mut b).unwrap();
  std::io::stdout().write_all(br#"%s"#).unwrap(); }
"""
_PYTHON = "import json, sys\njson.load(sys.stdin)\nprint('''%s''')\n"
_SHELL = "cat >/dev/null\nprintf '%%s' '%s'\n"

LINES = ("c", "judged", "confined", "unremembered")
TOLD = {
    "c": "C loop",
    "judged": "ours, judged",
    "confined": "ours, judged and confined",
    "unremembered": "ours, each run judged anew",
    "coverage": "ours, confined, with coverage",
}
TARGETS = {"static-c": 0.80, "go": 0.90}


@dataclass(frozen=True)
class Taken:
    """One round: runs per second, and per second of processor time.

    On an idle machine the two tell the same. On a loaded one the second is what
    can be compared, because it leaves out waiting for a turn.
    """

    wall: float
    cpu: float


@dataclass(frozen=True)
class Subject:
    name: str
    command: tuple[str, ...]
    covered: tuple[str, ...] = ()
    """The same program with coverage, if it can be built so."""


def build(folder: Path, only: Sequence[str]) -> tuple[list[Subject], list[str]]:
    """Return what can be built here, and why the rest cannot."""
    made: list[Subject] = []
    missing: list[str] = []

    def add(name: str, tool: str, make: Callable[[], Subject]) -> None:
        if only and name not in only:
            return
        if not shutil.which(tool):
            missing.append(f"{name}: no {tool} here")
            return
        try:
            made.append(make())
        except subprocess.CalledProcessError as error:
            missing.append(f"{name}: {tool} failed: {error.stderr.decode(errors='replace')[-200:]}")

    def source(name: str, text: str) -> str:
        (folder / name).write_text(text)
        return str(folder / name)

    def run(*words: str, **env: str) -> None:
        subprocess.run(
            words, check=True, capture_output=True, cwd=folder, env={**os.environ, **env}
        )

    def static_c() -> Subject:
        binary = str(folder / "static-c")
        run("cc", "-O2", "-static", "-o", binary, source("s.c", _C % json.dumps(ANSWER)))
        return Subject("static-c", (binary,))

    def go() -> Subject:
        source("main.go", _GO % ANSWER)
        source("go.mod", "module example.com/provider\n\ngo 1.19\n")
        env = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
        run("go", "build", "-o", "go-plain", ".", **env)
        run("go", "build", "-cover", "-o", "go-cover", ".", **env)
        return Subject("go", (str(folder / "go-plain"),), (str(folder / "go-cover"),))

    def rust() -> Subject:
        binary = str(folder / "rust")
        run("rustc", "-O", "-C", "target-feature=+crt-static", "-o", binary,
            source("r.rs", _RUST % ANSWER))  # fmt: skip
        return Subject("rust", (binary,))

    add("static-c", "cc", static_c)
    add("go", "go", go)
    add("rust", "rustc", rust)
    add("shell", "sh", lambda: Subject("shell", ("/bin/sh", source("s.sh", _SHELL % ANSWER))))
    add(
        "python",
        "python3",
        lambda: Subject(
            "python", (os.path.realpath(sys.executable), "-I", source("p.py", _PYTHON % ANSWER))
        ),
    )
    return made, missing


# --- the engine, in a process of its own ---------------------------------------


def worker(mode: str, root: Path, cover: Path, command: Sequence[str]) -> None:
    """Answer `SECONDS` lines with `RUNS SECONDS REMEMBERED`."""
    from pullproof.adapters.spawn_confine import isolate_network, limit, restrict_files
    from pullproof.adapters.spawn_session import SpawnSession
    from pullproof.engine.settings import Overrides, setup_from_words
    from pullproof.fuzzing.feedback.choose import with_env
    from pullproof.fuzzing.feedback.gocover import GoCoverage
    from pullproof.fuzzing.oracle import Oracle
    from pullproof.model.scenario import ExecStep, Scenario

    confined = mode in ("confined", "coverage")
    if confined:
        for part in (isolate_network(), limit()):
            print(f"{part.name}: {part.detail}", file=sys.stderr)
    setup = setup_from_words(tuple(command), ("registry.example",), None, Overrides(), None)
    coverage = GoCoverage(cover) if mode == "coverage" else None
    if coverage is not None:
        setup = with_env(setup, coverage.env)
    scenarios = [
        Scenario("A00", (ExecStep("baseline", f"registry.example/{name}"),))
        for name in ("app", "team-a/app", "team-b/app", "tool", "x/y/z", "a", "b", "c")
    ]
    oracle = Oracle(setup)
    with SpawnSession(setup, seed=1, root=root, gentle=coverage is not None) as session:
        if confined:
            part = restrict_files([root, cover])
            print(f"{part.name}: {part.detail}", file=sys.stderr)
        gc.freeze()
        print("ready", flush=True)
        for line in sys.stdin:
            seconds = float(line)
            runs, started, spent = 0, time.perf_counter(), _cpu_s()
            while (now := time.perf_counter()) - started < seconds:
                transcript = session.perform(scenarios[runs % len(scenarios)])
                if mode == "unremembered":
                    oracle.forget()
                if coverage is not None and not coverage.collect(transcript):
                    raise SystemExit("no coverage")
                failed = oracle.opinion(transcript).errors
                if failed or not transcript.execs[0].succeeded:
                    raise SystemExit(f"not a good run: {failed} {transcript.execs[0]}")
                runs += 1
            print(runs, now - started, _cpu_s() - spent, flush=True)


def _cpu_s() -> float:
    """Return the processor time of this process and of all its dead children."""
    times = os.times()
    return sum(times[:4])


class Ours:
    """One worker process of a mode."""

    def __init__(self, mode: str, root: Path, command: Sequence[str]) -> None:
        root.mkdir()
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self._cover = tempfile.mkdtemp(prefix="pullproof-bench-", dir=memory)
        self._process = subprocess.Popen(
            [
                sys.executable,
                __file__,
                "--worker",
                mode,
                "--root",
                str(root),
                "--cover",
                self._cover,
                "--",
                *command,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise SystemExit(f"the worker for {mode} did not start")

    def rate(self, seconds: float) -> Taken:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(seconds, file=self._process.stdin, flush=True)
        runs, took, spent = self._process.stdout.readline().split()
        return Taken(int(runs) / float(took), int(runs) / float(spent))

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
        shutil.rmtree(self._cover, ignore_errors=True)


def measure(
    subject: Subject, cspawn: Path, folder: Path, rounds: int, seconds: float
) -> Mapping[str, list[Taken]]:
    """Return what each line took, one for each round."""
    request = folder / "request.json"
    request.write_text(REQUEST)

    def in_c(seconds: float) -> Taken:
        words = [str(cspawn), str(seconds), str(request), *subject.command]
        spent = _cpu_s()
        runs, took = subprocess.run(
            words, check=True, capture_output=True, text=True
        ).stdout.split()  # fmt: skip
        return Taken(int(runs) / float(took), int(runs) / (_cpu_s() - spent))

    modes = {name: subject.command for name in LINES if name != "c"}
    if subject.covered:
        modes["coverage"] = subject.covered
    ours = {
        mode: Ours(mode, folder / f"{subject.name}-{mode}", command)
        for mode, command in modes.items()
    }
    ways: dict[str, Callable[[float], Taken]] = {"c": in_c}
    ways |= {mode: item.rate for mode, item in ours.items()}
    rates: dict[str, list[Taken]] = {name: [] for name in ways}
    try:
        for way in ways.values():
            way(seconds / 2)
        for turn in range(rounds):
            # Another order each time, so that nobody always comes after the same.
            names = list(ways)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                rates[name].append(ways[name](seconds))
    finally:
        for item in ours.values():
            item.close()
    return rates


def chart(results: Mapping[str, Mapping[str, float]]) -> str:
    """Return an SVG of bars: the ratio to C of every subject and line."""
    lines = [name for name in TOLD if name != "c"]
    colours = dict(zip(lines, ("#4c78a8", "#f58518", "#bab0ac", "#54a24b"), strict=True))
    width, left, bar = 760, 90, 14
    parts: list[str] = []
    y = 40
    for subject, medians in results.items():
        parts.append(f'<text x="8" y="{y + 22}">{subject}</text>')
        for name in lines:
            if name not in medians:
                continue
            ratio = medians[name] / medians["c"]
            length = min(1.2, ratio) * 480
            parts.append(
                f'<rect x="{left}" y="{y}" width="{length:.0f}" height="{bar - 2}" '
                f'fill="{colours[name]}"/><text x="{left + length + 6:.0f}" y="{y + 10}" '
                f'font-size="11">{ratio:.2f}  {TOLD[name]}</text>'
            )
            y += bar
        y += 14
    line = left + 480
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y + 10}" '
        'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
        '<text x="8" y="20">Execs per second, as a share of a bare C loop of the same binary</text>'
        f'<line x1="{line}" y1="30" x2="{line}" y2="{y}" stroke="#888" stroke-dasharray="4"/>'
        + "".join(parts)
        + "</svg>\n"
    )


def row(name: str, kind: str, medians: Mapping[str, float]) -> str:
    """Return one line of the table."""
    base = medians["c"]
    cost = 1 - medians["confined"] / medians["judged"]
    covered = "-"
    if "coverage" in medians:
        slower = 1 - medians["coverage"] / medians["confined"]
        covered = f"{medians['coverage'] / base:.2f} ({100 * slower:.0f} % slower)"
    bound = TARGETS.get(name)
    return (
        f"| {name} | {kind} | {base:.0f} | {medians['judged'] / base:.2f} "
        f"| {medians['confined'] / base:.2f} | {100 * cost:.1f} % "
        f"| {medians['unremembered'] / base:.2f} | {covered} "
        f"| {'' if bound is None else f'≥ {bound:.2f}'} |"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.4)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--worker", default="", help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--cover", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        worker(options.worker, options.root, options.cover, options.command)
        return 0
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="pullproof-bench-") as name:
        folder = Path(name)
        cspawn = folder / "cspawn"
        subprocess.run(["cc", "-O2", "-o", str(cspawn), str(HERE / "cspawn.c")], check=True)
        subjects, missing = build(folder, [word for word in options.only.split(",") if word])
        results: dict[str, dict[str, float]] = {}
        raw: dict[str, Mapping[str, list[Taken]]] = {}
        print(
            "| program | per second of | C loop /s | judged | confined | confinement costs | judged anew | with coverage | bound |"
        )
        print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        for subject in subjects:
            rates = raw[subject.name] = measure(
                subject, cspawn, folder, options.rounds, options.seconds
            )
            results[subject.name] = {
                line: statistics.median(item.wall for item in items)
                for line, items in rates.items()
            }
            for kind in ("wall", "cpu"):
                medians = {
                    line: statistics.median(getattr(item, kind) for item in items)
                    for line, items in rates.items()
                }
                print(row(subject.name, kind, medians), flush=True)
        for line in missing:
            print(f"left out: {line}")
        if options.out:
            options.out.mkdir(parents=True, exist_ok=True)
            document = {
                "medians": results,
                "rounds": {
                    name: {
                        line: [[item.wall, item.cpu] for item in items]
                        for line, items in rates.items()
                    }
                    for name, rates in raw.items()
                },
                "load": os.getloadavg(),
            }
            (options.out / "spawn.json").write_text(json.dumps(document, indent=2) + "\n")
            (options.out / "spawn.svg").write_text(chart(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
