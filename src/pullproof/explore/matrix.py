"""Every wrong implementation against every property: who catches whom.

A mutant is killed by an always-property that the real rules keep and it
breaks; failing that, by a situation that the real rules reach and it does
not. Configurations that consult what it gets wrong are tried from the
smallest to the largest, and the first violation ends the search.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from pullproof.explore.jobs import BUILDER, OnProgress, build_machine, resolve
from pullproof.explore.result import PROMISE_ONLY, Exploration, Options, Status, Stop
from pullproof.explore.search import explore
from pullproof.explore.traces import Trace
from pullproof.model.machine import Machine

WATCHED = "pullproof.explore.consulted:watched_machine"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the real rules do in one configuration."""

    params: Any
    states: int
    kept: frozenset[str]
    """Always-properties, promise-only ones left out."""
    witnessed: frozenset[str]
    consulted: frozenset[str] | None = None
    """Fields of the rules that were read; None: not known, so any may be."""
    stop: Stop = Stop.COMPLETE


@dataclass(frozen=True, slots=True)
class BaselineJob:
    """The real rules in one configuration."""

    params: Any
    options: Options = field(default_factory=Options)
    watched: str = WATCHED
    """`module:function` that returns a machine and the set of fields it reads."""

    def run(self, on_progress: OnProgress | None) -> Baseline:
        machine, consulted = resolve(self.watched)(self.params)
        found = explore(machine, self.options, on_progress)
        return baseline(self.params, found, frozenset(consulted))


def baseline(
    params: Any, exploration: Exploration, consulted: frozenset[str] | None = None
) -> Baseline:
    """Return what a mutant in this configuration is held to."""
    results = [p for p in exploration.properties if not p.id.startswith(PROMISE_ONLY)]
    return Baseline(
        params,
        exploration.states,
        frozenset(p.id for p in results if p.status is Status.HELD),
        frozenset(p.id for p in results if p.status is Status.WITNESSED),
        consulted,
        exploration.stop,
    )


@dataclass(frozen=True, slots=True)
class Kill:
    """How one mutant fared."""

    mutant: str
    base: str
    """Rule or bug it goes back to."""
    prose: str
    killed_by: str = ""
    """Id of the property; empty: it survived."""
    configuration: str = ""
    trace: Trace | None = None
    """None for a lost occasion."""
    states: int = 0
    """Explored until it was killed."""
    equivalent: str = ""
    """Why no state can show it, if somebody gave a reason."""
    stop: str = ""
    """`interrupted` if it was not finished; `incomplete` if a limit left states out."""
    lost: tuple[str, ...] = ()
    """All situations that no longer come up, if that is what killed it."""

    @property
    def length(self) -> int | None:
        return None if self.trace is None else len(self.trace)


@dataclass(frozen=True, slots=True)
class MatrixJob:
    """One mutant in all configurations of a scope."""

    mutant: str
    base: str
    prose: str
    baselines: tuple[Baseline, ...]
    options: Options = field(default_factory=Options)
    equivalent: str = ""
    fields: frozenset[str] = frozenset()
    """What it gets wrong, as `Baseline.consulted` spells it."""
    builder: str = BUILDER

    def run(self, on_progress: OnProgress | None) -> Kill:
        kill = Kill(self.mutant, self.base, self.prose, equivalent=self.equivalent)
        touched = [each for each in self.baselines if self._matters(each)]
        reached: set[str] = set()
        states, is_complete = 0, True
        for each in sorted(touched, key=lambda b: (b.states, str(b.params))):
            machine = build_machine(self.builder, each.params, self.mutant)
            options = replace(self.options, stop_on=each.kept, only=_of_interest(machine))
            found = explore(machine, options, on_progress)
            states += found.states
            is_complete = is_complete and found.stop in ("complete", "violation")
            reached |= set(found.witnesses)
            broken = [v for v in found.violations if v.id in each.kept and v.trace is not None]
            if broken:
                first = min(broken, key=lambda v: len(v.trace or ()))
                return replace(
                    kill,
                    killed_by=first.id,
                    configuration=found.machine,
                    trace=first.trace,
                    states=states,
                )
            if found.stop == "interrupted":
                return replace(kill, states=states, stop="interrupted")
        kill = replace(kill, states=states, stop="" if is_complete else "incomplete")
        promised = {id_ for each in self.baselines for id_ in each.witnessed}
        # Where it does not matter, everything is as it was.
        reached |= {id_ for e in self.baselines if not self._matters(e) for id_ in e.witnessed}
        lost = tuple(sorted(promised - reached))
        return replace(kill, killed_by=lost[0], lost=lost) if lost and is_complete else kill

    def _matters(self, baseline: Baseline) -> bool:
        return baseline.consulted is None or not self.fields.isdisjoint(baseline.consulted)


def _of_interest(machine: Machine) -> frozenset[str]:
    return frozenset(p.id for p in machine.properties if not p.id.startswith(PROMISE_ONLY))


@dataclass(frozen=True, slots=True)
class Matrix:
    """All mutants of one run, in order."""

    kills: tuple[Kill, ...]
    left_out: int = 0

    @property
    def judged(self) -> tuple[Kill, ...]:
        """Those with no reason to survive."""
        return tuple(each for each in self.kills if not each.equivalent)

    @property
    def survivors(self) -> tuple[Kill, ...]:
        return tuple(each for each in self.judged if not each.killed_by)

    @property
    def ratio(self) -> float:
        """Killed of those that must be; 1.0 if there are none."""
        judged = self.judged
        return 1.0 if not judged else sum(bool(k.killed_by) for k in judged) / len(judged)

    @property
    def median_length(self) -> float | None:
        lengths = [each.length for each in self.kills if each.length is not None]
        return median(lengths) if lengths else None

    @property
    def killers(self) -> Mapping[str, int]:
        """Property to how many mutants it kills, most first."""
        counts: dict[str, int] = {}
        for each in self.kills:
            if each.killed_by:
                counts[each.killed_by] = counts.get(each.killed_by, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def as_text(matrix: Matrix) -> str:
    """Return the table and what it comes to."""
    rows = [("mutant", "base rule", "killed by", "trace", "states")]
    rows += [_row(each) for each in matrix.kills]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    lines.insert(1, "-" * (sum(widths) + 8))
    killed, judged = sum(bool(k.killed_by) for k in matrix.judged), len(matrix.judged)
    length = matrix.median_length
    lines += [
        "",
        f"killed {killed} of {judged} ({matrix.ratio:.1%}); "
        f"{len(matrix.kills) - judged} more are equivalent, with a reason"
        + (f"; {matrix.left_out} left out" if matrix.left_out else ""),
        f"median trace: {'-' if length is None else f'{length:g}'} events",
    ]
    lines += [f"survivor: {k.mutant} ({k.base}): {k.prose}" for k in matrix.survivors]
    return "\n".join(lines) + "\n"


def as_markdown(matrix: Matrix) -> str:
    """Return the table as Markdown."""
    lines = [
        "| mutant | base rule | killed by | trace | states |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {' | '.join(c.replace('|', chr(92) + '|') for c in _row(k))} |" for k in matrix.kills
    ]
    return "\n".join(lines) + "\n"


def _row(kill: Kill) -> tuple[str, str, str, str, str]:
    if kill.killed_by:
        by = kill.killed_by + (f" in {kill.configuration}" if kill.configuration else " (lost)")
    elif kill.equivalent:
        by = f"equivalent: {kill.equivalent}"
    else:
        by = f"SURVIVES{f' ({kill.stop})' if kill.stop else ''}"
    length = "-" if kill.length is None else str(kill.length)
    return kill.mutant, kill.base, by, length, f"{kill.states:,}"


def matrix_of(kills: Sequence[Kill | None]) -> Matrix:
    """Return the matrix of a run that may have been interrupted."""
    done = tuple(k for k in kills if k is not None and k.stop != "interrupted")
    return Matrix(done, len(kills) - len(done))
