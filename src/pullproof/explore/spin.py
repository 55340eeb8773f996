"""The second opinion: the core's states and verdicts, counted here and by spin.

    python -m pullproof.explore.spin                   all configurations and mistakes
    python -m pullproof.explore.spin --only tokens     some of them

States and transitions are counted by programs that share nothing: here by plain
breadth-first search over `successors`, there by the verifier that spin makes
of `model/formal/core.pml`. Any difference is an error.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pullproof.model.machine import Machine, StateProperty, Value, successors
from pullproof.model.protocol.core import PROMISES, build_core
from pullproof.model.protocol.core_params import CoreParams
from pullproof.model.protocol.core_scopes import CONFIGURATIONS, VERDICTS

LIMIT_S = 1800
"""No single run of a tool may take longer."""
COMPILE = ("-w", "-DSAFETY", "-DNOREDUCE", "-DMEMLIM=4096")
"""Exact: all states in full, no partial order reduction."""
FIRST_DEPTH = 20_000
"""Steps of a path that room is made for at first; ten times more until it is enough."""
_STORED = re.compile(r"^\s*(\d+) states, stored", re.MULTILINE)
_MATCHED = re.compile(r"^\s*(\d+) states, matched", re.MULTILINE)
_ERRORS = re.compile(r"errors: (\d+)")
_TOO_DEEP = "max search depth too small"


class SpinError(RuntimeError):
    """A tool failed, or its search was not exhaustive."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one side found."""

    states: int
    transitions: int
    """Every possible step from every state, also those that change nothing."""
    broken: frozenset[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides on one configuration."""

    params: CoreParams
    ours: Opinion
    theirs: Opinion
    expected: frozenset[str]

    @property
    def agree(self) -> bool:
        return (
            self.ours.states == self.theirs.states
            and self.ours.transitions == self.theirs.transitions
            and self.ours.broken == self.theirs.broken == self.expected
        )


def missing_tools() -> tuple[str, ...]:
    """Return the tools that are needed and not there."""
    missing = [] if shutil.which("spin") else ["spin"]
    return (*missing, *([] if _compiler() else ["a C compiler"]))


def _compiler() -> str | None:
    return shutil.which("gcc") or shutil.which("cc")


def our_opinion(machine: Machine) -> Opinion:
    """Count the distinct states by breadth-first search, and judge each."""
    began = time.perf_counter()
    properties = [each for each in machine.properties if isinstance(each, StateProperty)]
    broken: set[str] = set()
    transitions = 0
    first = machine.initial
    seen: set[tuple[Value, ...]] = {tuple(first.values())}
    level = [first]
    while level:
        following: list[dict[str, Value]] = []
        for state in level:
            broken.update(each.id for each in properties if not each.holds(state))
            for _, after, _ in successors(machine, state):
                transitions += 1
                values = tuple(after.values())
                if values not in seen:
                    seen.add(values)
                    following.append(after)
        level = following
    return Opinion(len(seen), transitions, frozenset(broken), time.perf_counter() - began)


def spins_opinion(params: CoreParams) -> Opinion:
    """Have spin count the states and check each promise.

    Raises:
        SpinError: a tool failed, or the search was cut short.
    """
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="pullproof-spin-") as place:
        folder = Path(place)
        _make(folder, params)
        states, transitions = _count(folder)
        broken = frozenset(_broken(folder))
    return Opinion(states, transitions, broken, time.perf_counter() - began)


def spins_pace(params: CoreParams) -> tuple[int, float, float]:
    """Return spin's count of states, seconds until its verifier is made, and seconds it runs.

    Raises:
        SpinError: a tool failed, or the search was cut short.
    """
    with tempfile.TemporaryDirectory(prefix="pullproof-spin-") as place:
        folder = Path(place)
        began = time.perf_counter()
        _make(folder, params)
        _compile(folder, "count", "-O2", "-DNOCLAIM")
        made = time.perf_counter()
        said = _verify(folder, "count")
        return _number(_STORED, said), made - began, time.perf_counter() - made


def _make(folder: Path, params: CoreParams) -> None:
    source = resources.files("pullproof.model").joinpath("formal", "core.pml")
    (folder / "core.pml").write_text(source.read_text("utf-8"), "utf-8")
    macros = [f"-D{name}={value}" for name, value in params.macros().items()]
    _tool(folder, "spin", "-a", *macros, "core.pml")


def _count(folder: Path) -> tuple[int, int]:
    """Return the numbers of states and of transitions.

    A transition leads to a state that is stored or to one that matches; only
    the first state is stored without any.
    """
    _compile(folder, "count", "-O1", "-DNOCLAIM")
    said = _verify(folder, "count")
    if _number(_ERRORS, said):
        raise SpinError(f"an assertion of the Promela model failed:\n{said}")
    stored = _number(_STORED, said)
    return stored, stored - 1 + _number(_MATCHED, said)


def _broken(folder: Path) -> Iterable[str]:
    """Yield the promises that do not hold; each is a claim of its own."""
    _compile(folder, "judge", "-O0")
    for promise in PROMISES:
        claim = promise.lower().replace("-", "_")
        if _number(_ERRORS, _verify(folder, "judge", "-N", claim)):
            yield promise


def _compile(folder: Path, name: str, *flags: str) -> None:
    _tool(folder, _compiler() or "cc", *flags, *COMPILE, "-o", name, "pan.c")


def _verify(folder: Path, name: str, *options: str) -> str:
    depth = FIRST_DEPTH
    while True:
        said = _tool(folder, f"./{name}", f"-m{depth}", "-w20", *options)
        if "out of memory" in said:
            raise SpinError(f"spin's search was cut short:\n{said}")
        if _TOO_DEEP not in said:
            return said
        depth *= 10


def _number(what: re.Pattern[str], said: str) -> int:
    found = what.search(said)
    if found is None:
        raise SpinError(f"spin's verifier does not say {what.pattern}:\n{said}")
    return int(found[1])


def _tool(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    said = done.stdout + done.stderr
    if done.returncode:
        raise SpinError(f"{command[0]} exited with {done.returncode}:\n{said[:2000]}")
    return said


def compare(params: CoreParams, expected: frozenset[str]) -> Comparison:
    """Ask both sides; spin runs beside the count here.

    Raises:
        SpinError: a tool failed, or the search was cut short.
    """
    with ThreadPoolExecutor(1) as beside:
        theirs = beside.submit(spins_opinion, params)
        return Comparison(params, our_opinion(build_core(params)), theirs.result(), expected)


def _questions() -> Iterable[tuple[str, CoreParams, frozenset[str]]]:
    for params in CONFIGURATIONS:
        yield "configuration", params, _expected(params)
    for verdict in VERDICTS:
        yield "mistake", verdict.params, verdict.breaks


def _expected(params: CoreParams) -> frozenset[str]:
    """1.33 does not keep what is promised today (B-05, B-06, B-07)."""
    return VERDICTS[-1].breaks if params.minor < 34 else frozenset()


def _row(kind: str, found: Comparison) -> str:
    ours, theirs = found.ours, found.theirs
    verdicts = [", ".join(sorted(side.broken)) or "held" for side in (ours, theirs)]
    return (
        f"{kind:13} {found.params.name:29} {ours.states:9,} {theirs.states:9,} "
        f"{ours.transitions:11,} {theirs.transitions:11,} {'yes' if found.agree else 'NO':5} "
        f"{ours.seconds:8.1f} {theirs.seconds:7.1f}  {' / '.join(verdicts)}"
    )


HEADER = (
    f"{'':13} {'':29} {'states':>9} {'of spin':>9} {'transitions':>11} {'of spin':>11} equal "
    f"{'Python s':>8} {'spin s':>7}  verdicts: Python / spin"
)


def second_opinion(
    only: Sequence[str] = (),
    show: Callable[[str], None] = print,
) -> int:
    """Compare everything, or what is named; return the exit status.

    0 if both sides agree or a tool is missing, 1 if they differ, 2 if nothing
    has such a name or a tool fails.
    """
    if missing := missing_tools():
        show(f"skipped: {' and '.join(missing)} is not installed (apt-get install spin gcc)")
        return 0
    chosen = [each for each in _questions() if not only or each[1].name in only]
    if not chosen:
        show(f"nothing is called {', '.join(only)}")
        return 2
    show(HEADER)
    differ = 0
    for kind, params, expected in chosen:
        try:
            found = compare(params, expected)
        except (SpinError, subprocess.TimeoutExpired) as error:
            show(f"{params.name}: {error}")
            return 2
        differ += not found.agree
        show(_row(kind, found))
    show(f"{len(chosen)} compared, {differ} differ")
    return 1 if differ else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m pullproof.explore.spin",
        description="Compare the core's states and verdicts with those that spin finds.",
    )
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME", help="compare only these")
    return second_opinion(parser.parse_args(arguments).only)


if __name__ == "__main__":
    sys.exit(main())
