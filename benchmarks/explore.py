"""How many states a second the explorer takes, on toys and on the protocol.

    python benchmarks/explore.py            toys, both engines, and one big configuration
    python benchmarks/explore.py --scope large --jobs 2
    python benchmarks/explore.py --spin     shared configurations, ours beside spin's

Times are CPU seconds of this process, so that a busy machine does not show;
with `--scope` and `--spin` they are wall seconds, as several processes work.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.explore import toys

from pullproof.explore import Exploration, Options, explore
from pullproof.explore.jobs import ExploreJob, cores, run_jobs
from pullproof.explore.spin import missing_tools, spins_pace
from pullproof.model.machine import Machine
from pullproof.model.protocol.build import build
from pullproof.model.protocol.core import build_core
from pullproof.model.protocol.core_scopes import CONFIGURATIONS
from pullproof.model.protocol.scopes import SCOPES

TOYS: tuple[tuple[str, Callable[[], Machine]], ...] = (
    ("4 counters of 32, 8 events", lambda: toys.counters(4, 32, width=3)),
    ("8 counters of 6, 16 events", lambda: toys.counters(8, 6, width=4)),
    ("13 counters of 3, 26 events", lambda: toys.counters(13, 3, width=4)),
    ("9 people with tokens", lambda: toys.tokens(9)),
)
PLAIN_LIMIT = 100_000
LARGEST = "exchange-parallel"


def measure(name: str, machine: Machine, options: Options) -> None:
    """Explore once and print a line."""
    started = time.process_time()
    found = explore(machine, options)
    line(name, found, time.process_time() - started)


def line(name: str, found: Exploration, seconds: float) -> None:
    per_second = found.states / seconds
    print(
        f"{name:34} {found.states:>10,} states {found.transitions:>12,} transitions "
        f"{found.depth:>3} deep {seconds:7.1f} s {per_second:>9,.0f} states/s "
        f"{found.memory_bytes / 2**20:6.0f} MiB, {found.words} words, "
        f"{found.worked_out:,} evaluations",
        flush=True,
    )


def scope(name: str, workers: int, limit: int | None) -> None:
    """Explore a whole scope on several processes."""
    jobs = [ExploreJob(params, options=Options(limit_states=limit)) for params in SCOPES[name]]
    started = time.monotonic()
    done = [each for each in run_jobs(jobs, workers) if each is not None]
    seconds = time.monotonic() - started
    states = sum(each.states for each in done)
    for each in sorted(done, key=lambda e: -e.states)[:8]:
        line(each.machine, each, each.seconds)
    print(f"{name}: {states:,} states in {seconds:.1f} s on {workers} processes, "
          f"{states / seconds:,.0f} states/s")  # fmt: skip


def beside_spin() -> None:
    """Explore every shared configuration here and with spin, one after the other.

    Spin's verifier is C, made anew for each configuration; what making it takes
    is shown apart, as is what our explorer takes before its first state.
    """
    if missing := missing_tools():
        print(f"skipped: {' and '.join(missing)} is not installed (apt-get install spin gcc)")
        return
    print(
        f"{'':24} {'states':>9} {'ours: s':>8} {'states/s':>9} {'spin: s':>8} {'states/s':>10} {'making it':>9}"
    )
    ours_total = spins_total = states_total = 0.0
    for params in CONFIGURATIONS:
        machine = build_core(params)
        started = time.perf_counter()
        found = explore(machine, Options(symmetry=False))
        ours = time.perf_counter() - started
        states, making, running = spins_pace(params)
        if states != found.states:
            sys.exit(f"{params.name}: {found.states} states here, {states} with spin")
        print(
            f"{params.name:24} {states:>9,} {ours:>8.2f} {states / ours:>9,.0f} {running:>8.2f} "
            f"{states / max(running, 0.001):>10,.0f} {making:>8.2f}s",
            flush=True,
        )
        ours_total, spins_total = ours_total + ours, spins_total + running
        states_total += states
    print(
        f"{'all':24} {states_total:>9,.0f} {ours_total:>8.2f} {states_total / ours_total:>9,.0f} "
        f"{spins_total:>8.2f} {states_total / spins_total:>10,.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scope", choices=sorted(SCOPES))
    parser.add_argument("--jobs", type=int, default=cores())
    parser.add_argument("--limit", type=int)
    parser.add_argument("--spin", action="store_true")
    words = parser.parse_args()
    if words.spin:
        beside_spin()
        return
    if words.scope is not None:
        scope(words.scope, words.jobs, words.limit)
        return
    for name, made in TOYS:
        measure(f"{name} (numpy)", made(), Options(symmetry=False))
        measure(
            f"{name} (plain)",
            made(),
            Options(symmetry=False, numpy=False, limit_states=PLAIN_LIMIT),
        )
    big = {params.name: params for params in SCOPES["large"]}[LARGEST]
    measure(LARGEST, build(big), Options(limit_states=words.limit or 2_000_000))


if __name__ == "__main__":
    main()
