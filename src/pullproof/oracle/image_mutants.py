"""Mistakes of the image side against the oracle, all in one pass.

The same generated scenarios as in the comparison are put to the oracle once;
each mistaken machine then plays the moves until it shows something else than
the kubelet's code did. A scenario on which the right machine differs counts
for nothing.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any, cast

from pullproof.model.protocol.mutants import all_mutants
from pullproof.model.protocol.rules import Rules, rules_for
from pullproof.model.versions import KubeletVersion
from pullproof.oracle import images
from pullproof.oracle.client import Oracle
from pullproof.oracle.comparison import Context
from pullproof.oracle.differential import COMPARISONS, GATES
from pullproof.oracle.fates import Fate
from pullproof.oracle.images import ImageScenario
from pullproof.oracle.node_run import NodeRun

OP = "images"
_BATCH = 40


@dataclass(slots=True)
class _Alive:
    """A mistaken machine that nothing has told from the kubelet so far."""

    id: str
    rules: Rules
    seconds: float = 0.0
    """Of its own play."""


def met(minor: int, scenarios: int, seed: int, only: Collection[str] = ()) -> Iterator[Fate]:
    """Yield what becomes of each mistake, as soon as it is known.

    Args:
        scenarios: How many at most.
        only: Ids; none: all.
    """
    alive = _alive(minor, only)
    context = Context(KubeletVersion(minor))
    rng, comparison = Random(f"{seed}:{OP}"), COMPARISONS[OP]
    tried, shared = 0, 0.0
    with Oracle(minor, gates=GATES) as oracle:
        while alive and tried < scenarios:
            began = time.monotonic()
            batch: list[ImageScenario] = [comparison.generate(rng, ()) for _ in range(_BATCH)]
            answers = oracle.ask(OP, [images.ask(one, context) for one in batch])
            told = [
                images.real(one, answer, context)
                for one, answer in zip(batch, answers, strict=True)
            ]
            each_s = (time.monotonic() - began) / _BATCH
            for one, answer in zip(batch, told, strict=True):
                tried, shared = tried + 1, shared + each_s
                if answer != images.model(one, context):
                    continue
                for mutant, fate in _judged(alive, one, answer, minor, tried, shared):
                    alive.remove(mutant)
                    yield fate
    yield from (_fate(one, minor, "survived", tried, shared) for one in alive)


def _alive(minor: int, only: Collection[str]) -> list[_Alive]:
    rules = rules_for(minor)
    chosen = [one for one in all_mutants().values() if one.image and (not only or one.id in only)]
    return [_Alive(one.id, one.of(rules)) for one in chosen]


def _judged(
    alive: Sequence[_Alive],
    value: ImageScenario,
    real: object,
    minor: int,
    tried: int,
    shared: float,
) -> list[tuple[_Alive, Fate]]:
    found: list[tuple[_Alive, Fate]] = []
    for one in alive:
        began = time.monotonic()
        outcome = "killed"
        try:
            shown = first_difference(value, minor, one.rules, real)
        except Exception as error:  # noqa: BLE001 (a mistaken machine may fail in any way)
            outcome, shown = "crashed", type(error).__name__
        one.seconds += time.monotonic() - began
        if shown:
            found.append((one, _fate(one, minor, outcome, tried, shared, shown)))
    return found


def _fate(
    one: _Alive, minor: int, outcome: str, tried: int, shared: float, shown: str = ""
) -> Fate:
    seconds = round(shared + one.seconds, 2)
    op = OP if shown else ""
    return Fate(one.id, minor, date.today().isoformat(), outcome, op, tried, seconds, shown)


def first_difference(value: ImageScenario, minor: int, rules: Rules, real: object) -> str:
    """Return the first move after which the machine with `rules` shows something
    else than the kubelet's code did; empty: none."""
    if not isinstance(real, list):
        return ""
    answers = iter(cast("list[tuple[str, Any, Any]]", real))
    right, _ = images.played(value, minor)
    run = NodeRun(value.image, minor, rules)
    for move, asked in zip(value.moves, right, strict=True):
        seen = tuple(run.perform(move).seen)
        if asked.steps and next(answers) != (move, seen, run.files(0)):
            return move
    return ""
