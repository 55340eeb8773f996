"""How many wrong providers are killed, and how fast: ours against plain ways to test.

    python benchmarks/scoreboard.py --sample 12 --budget 10
    python benchmarks/scoreboard.py --budget 60 --json all.json --svg all.svg
    python benchmarks/scoreboard.py --deep --budget 600 --only fuzz "blind fuzz"

Each trial is one contestant (see `contestants.py`) and one wrong provider, in a
process of its own. With `--json FILE`, trials are saved as they come, and a
second run goes on from there. The table is printed as Markdown.

"Blind" is the fuzzer without feedback: nothing that showed something new is
kept and changed, and coverage is not looked at.
"""

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from statistics import median
from xml.sax.saxutils import escape

from contestants import CONTESTANTS, Trial, try_one

from pullproof.fuzz.mutants.index import Mutant, mutants
from pullproof.fuzz.zoo import in_other_process, table

USUAL = tuple(name for name in CONTESTANTS if name != "blind fuzz")
HEAD = ("contestant", "killed", "of", "rate", "median", "p95", "execs to a kill")

# --- trials ---------------------------------------------------------------------------


def chosen(options: argparse.Namespace) -> list[Mutant]:
    """Return the wrong providers to try, in an order that the seed decides."""
    found = [m for m in mutants() if (m.deep or not options.deep) and _is_named(m, options)]
    random.Random(options.seed).shuffle(found)
    return found[: options.sample] if options.sample else found


def _is_named(mutant: Mutant, options: argparse.Namespace) -> bool:
    return not options.mutants or mutant.id in options.mutants


def perform(options: argparse.Namespace) -> list[Trial]:
    """Return all trials; those that were saved before are not done again."""
    done = _saved(options.json)
    if options.show:
        return list(done.values())
    wanted = [(name, mutant) for mutant in chosen(options) for name in options.only]
    missing = [pair for pair in wanted if (pair[0], pair[1].id) not in done]
    started = time.monotonic()

    def one(pair: tuple[str, Mutant]) -> Trial:
        name, mutant = pair
        return in_other_process(try_one, name, mutant, options.budget, options.seed)

    with ThreadPoolExecutor(options.jobs) as pool:
        for number, trial in enumerate(pool.map(one, missing), 1):
            done[trial.contestant, trial.mutant] = trial
            _save(options.json, done.values(), options)
            end = trial.skipped or (f"killed ({trial.how})" if trial.killed else "-")
            print(
                f"{time.monotonic() - started:7.1f} s  {number}/{len(missing)}  "
                f"{trial.contestant:13} {trial.mutant:26} {trial.seconds:6.2f} s "
                f"{trial.execs:6} execs  {end}",
                file=sys.stderr, flush=True,
            )  # fmt: skip
    return [done[name, mutant.id] for name, mutant in wanted]


def _saved(path: Path | None) -> dict[tuple[str, str], Trial]:
    if path is None or not path.exists():
        return {}
    trials = [Trial(**item) for item in json.loads(path.read_text("utf-8"))["trials"]]
    return {(trial.contestant, trial.mutant): trial for trial in trials}


def _save(path: Path | None, trials: Iterable[Trial], options: argparse.Namespace) -> None:
    if path is None:
        return
    document = {
        "budget_s": options.budget,
        "seed": options.seed,
        "trials": [asdict(trial) for trial in trials],
    }
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    draft.replace(path)


# --- table ----------------------------------------------------------------------------


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of all do not exceed.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.95)
    4.0
    """
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def rows(trials: Sequence[Trial]) -> list[tuple[str, ...]]:
    """Return a line for each contestant, the one with most kills first."""
    lines: list[tuple[int, tuple[str, ...]]] = []
    for name in dict.fromkeys(trial.contestant for trial in trials):
        tried = [t for t in trials if t.contestant == name and not t.skipped]
        kills = [trial for trial in tried if trial.killed]
        cells = ["-", "-", "-"]
        if kills:
            times = [trial.seconds for trial in kills]
            cells = [
                f"{median(times):.2f} s",
                f"{quantile(times, 0.95):.2f} s",
                f"{median(trial.execs for trial in kills):.0f}",
            ]
        rate = f"{100 * len(kills) / len(tried):.1f} %" if tried else "-"
        lines.append((len(kills), (name, str(len(kills)), str(len(tried)), rate, *cells)))
    return [line for _, line in sorted(lines, key=lambda item: -item[0])]


def guidance(trials: Sequence[Trial]) -> str:
    """Return how many executions guidance saves; empty if both were not tried.

    An escape counts with the executions that were spent, so the ratio is a
    lower bound if it was the blind one's.
    """
    by_name = {
        name: {t.mutant: t for t in trials if t.contestant == name and not t.skipped}
        for name in ("fuzz", "blind fuzz")
    }
    both = [name for name in by_name["fuzz"] if name in by_name["blind fuzz"]]
    if not both:
        return ""
    counts = [
        (by_name["fuzz"][name].execs, by_name["blind fuzz"][name].execs)
        for name in both
        if by_name["fuzz"][name].killed or by_name["blind fuzz"][name].killed
    ]
    if not counts:
        return "Neither the guided nor the blind fuzzer killed any."
    guided, blind = sum(pair[0] for pair in counts), sum(pair[1] for pair in counts)
    middle = median(b / max(1, g) for g, b in counts)
    return (
        f"On {len(counts)} that at least one of them killed, the guided fuzzer took {guided} "
        f"executions and the blind one {blind}: {blind / max(1, guided):.1f} times as many "
        f"(median of the ratios {middle:.1f})."
    )


# --- plot -----------------------------------------------------------------------------

_COLOURS = ("#0969da", "#cf222e", "#1a7f37", "#8250df", "#9a6700", "#57606a")
_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 420, 60, 48, 150, 48
_FIRST_S = 0.01
_STYLE = (
    "text{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "font-size:12px;fill:#1f2328}.title{font-weight:bold}.page{fill:#ffffff}"
    ".grid{stroke:#d0d7de;stroke-width:1}.line{fill:none;stroke-width:2}"
)


def svg(trials: Sequence[Trial], budget_s: float) -> str:
    """Return kills over time as a standalone SVG; time is logarithmic."""
    names = list(dict.fromkeys(trial.contestant for trial in trials))
    total = max(1, len({trial.mutant for trial in trials if not trial.skipped}))
    span = math.log10(max(budget_s, 1.0) / _FIRST_S)

    def x(seconds: float) -> float:
        share = math.log10(max(seconds, _FIRST_S) / _FIRST_S) / span
        return _LEFT + min(1.0, share) * (_WIDTH - _LEFT - _RIGHT)

    def y(kills: int) -> float:
        return _HEIGHT - _BOTTOM - kills / total * (_HEIGHT - _TOP - _BOTTOM)

    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        "<title>Wrong providers killed over time</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{_WIDTH}" height="{_HEIGHT}"/>',
        f'<text class="title" x="{_LEFT}" y="24">wrong providers killed, of {total}</text>',
    ]
    for quarter in range(5):
        kills = round(total * quarter / 4)
        lines.append(_segment(_LEFT, y(kills), _WIDTH - _RIGHT, y(kills)))
        lines.append(_text(_LEFT - 8, y(kills) + 4, str(kills), "end"))
    for power in range(-2, math.floor(math.log10(budget_s)) + 1):
        seconds = 10.0**power
        lines.append(_segment(x(seconds), y(0), x(seconds), y(total)))
        lines.append(_text(x(seconds), _HEIGHT - _BOTTOM + 18, f"{seconds:g} s", "middle"))
    for number, name in enumerate(names):
        colour = _COLOURS[number % len(_COLOURS)]
        times = sorted(t.seconds for t in trials if t.contestant == name and t.killed)
        points = [(x(0.0), y(0))]
        for kills, seconds in enumerate(times):
            points += [(x(seconds), y(kills)), (x(seconds), y(kills + 1))]
        points.append((x(budget_s), y(len(times))))
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        lines.append(f'<polyline class="line" stroke="{colour}" points="{path}"/>')
        at = _TOP + 8 + number * 20
        key = _WIDTH - _RIGHT + 16
        lines.append(
            f'<line class="line" stroke="{colour}" x1="{key}" y1="{at}" x2="{key + 20}" y2="{at}"/>'
        )
        lines.append(_text(key + 26, at + 4, name, "start"))
    return "\n".join([*lines, "</svg>"]) + "\n"


def _segment(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="grid" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


# --- command line ---------------------------------------------------------------------


def main(words: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(words)
    trials = perform(options)
    print(table(HEAD, rows(trials), markdown=True))
    skipped = sorted({f"{t.mutant}: {t.skipped}" for t in trials if t.skipped})
    if skipped:
        print("\nNot tried: " + "; ".join(skipped))
    told = guidance(trials)
    if told:
        print(f"\n{told}")
    escaped = [t.mutant for t in trials if t.contestant == "fuzz" and not (t.killed or t.skipped)]
    if escaped:
        print(f"\nEscaped the fuzzer: {', '.join(sorted(escaped))}")
    if options.svg:
        options.svg.write_text(svg(trials, options.budget), "utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, metavar="N", help="only N of them")
    parser.add_argument("--budget", type=float, default=10.0, metavar="S", help="seconds a trial")
    parser.add_argument("--jobs", type=int, default=1, help="trials at the same time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--deep", action="store_true", help="deep ones only")
    parser.add_argument("--mutants", nargs="+", default=[], metavar="ID", help="these ones only")
    parser.add_argument("--only", nargs="+", default=USUAL, choices=tuple(CONTESTANTS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="trials; goes on from there")
    parser.add_argument("--show", action="store_true", help="only show what is in the JSON file")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="kills over time")
    return parser


if __name__ == "__main__":
    main()
