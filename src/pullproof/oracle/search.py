"""Put inputs to both sides, and make small what they disagree on."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from random import Random
from typing import Any

from pullproof.model.versions import KubeletVersion
from pullproof.oracle.client import Oracle
from pullproof.oracle.comparison import Comparison, Context, Disagreement, JsonMap

BATCH = 400
"""Inputs of one request: the oracle works on them while the model does."""
FIRST_BATCH = 100
"""Inputs of one request while only the first difference is looked for."""
SHRINK_S = 4.0
"""How long one disagreement is made smaller."""
MAX_KEPT = 6
"""Disagreements of one chunk that are made small and kept; the rest is counted."""


@dataclass(slots=True)
class Tally:
    """What came of the inputs of one op."""

    inputs: int = 0
    positive: int = 0
    """Inputs to which the model says yes (`Comparison.is_positive`)."""
    disagreements: int = 0
    explained: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0
    kept: list[Disagreement] = field(default_factory=list[Disagreement])

    def add(self, other: "Tally") -> None:
        self.inputs += other.inputs
        self.positive += other.positive
        self.disagreements += other.disagreements
        self.explained += other.explained
        self.seconds += other.seconds
        self.kept += other.kept


class Search:
    """Compares one oracle with the model."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self.context = Context(KubeletVersion(oracle.minor), str(oracle.hello["directory"]))

    def chunk(self, comparison: Comparison[Any], seed: str, count: int) -> Tally:
        """Try `count` inputs made from `seed`; the same seed makes the same ones."""
        rng = Random(seed)
        seeds = tuple(comparison.seeds(self.context))
        return self.values(comparison, (comparison.generate(rng, seeds) for _ in range(count)))

    def seeds(self, comparison: Comparison[Any]) -> Tally:
        """Try the corpus cases of `comparison`, unchanged."""
        return self.values(comparison, iter(tuple(comparison.seeds(self.context))))

    def first(
        self, comparison: Comparison[Any], seed: str, limit: int, seconds: float
    ) -> tuple[int, Any | None]:
        """Return how many inputs were tried until the two differed, and on which.

        The corpus cases come first, then inputs made from `seed`; None: they
        did not differ on `limit` inputs, or not within `seconds`.
        """
        rng = Random(seed)
        seeds = tuple(comparison.seeds(self.context))
        made = (comparison.generate(rng, seeds) for _ in range(max(0, limit - len(seeds))))
        values = chain(seeds, made)
        tried = 0
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and (batch := _take(values, FIRST_BATCH)):
            for value in self._differing(comparison, batch):
                if not comparison.explain(value, self.context):
                    return tried + batch.index(value) + 1, value
            tried += len(batch)
        return tried, None

    def values(self, comparison: Comparison[Any], values: Iterator[Any]) -> Tally:
        tally = Tally()
        began = time.monotonic()
        while batch := _take(values, BATCH):
            tally.inputs += len(batch)
            differing, positive = self._compared(comparison, batch)
            tally.positive += positive
            for value in differing:
                self._note(comparison, value, tally)
        tally.seconds = time.monotonic() - began
        return tally

    def _note(self, comparison: Comparison[Any], value: Any, tally: Tally) -> None:
        reason = comparison.explain(value, self.context)
        if reason:
            tally.explained[reason] += 1
            return
        tally.disagreements += 1
        if len(tally.kept) < MAX_KEPT:
            tally.kept.append(self.minimised(comparison, value))

    def _differing(self, comparison: Comparison[Any], values: Sequence[Any]) -> list[Any]:
        return self._compared(comparison, values)[0]

    def _compared(
        self, comparison: Comparison[Any], values: Sequence[Any]
    ) -> tuple[list[Any], int]:
        """Return those on which the two differ, and how many the model says yes to."""
        self._oracle.send(comparison.op, [comparison.ask(value, self.context) for value in values])
        answers = [comparison.model(value, self.context) for value in values]
        reals = self._oracle.receive()
        differing = [
            value
            for value, answer, real in zip(values, answers, reals, strict=True)
            if answer != self._real(comparison, value, real)
        ]
        return differing, sum(map(comparison.is_positive, answers))

    def _real(self, comparison: Comparison[Any], value: Any, real: JsonMap) -> object:
        if "panic" in real:
            return f"panic: {real['panic']}"
        return comparison.real(value, real, self.context)

    def minimised(
        self, comparison: Comparison[Any], value: Any, seconds: float = SHRINK_S
    ) -> Disagreement:
        """Return a small input on which the two still differ."""
        smallest = value
        deadline = time.monotonic() + seconds
        while (found := self._smaller(comparison, smallest, deadline)) is not None:
            smallest = found
        (real,) = self._oracle.ask(comparison.op, [comparison.ask(smallest, self.context)])
        return Disagreement(
            comparison.op,
            self._oracle.minor,
            smallest,
            comparison.model(smallest, self.context),
            self._real(comparison, smallest, real),
            value,
        )

    def _smaller(self, comparison: Comparison[Any], value: Any, deadline: float) -> Any | None:
        candidates = comparison.shrink(value)
        while time.monotonic() < deadline and (
            batch := [one for one in _take(candidates, 64) if one != value]
        ):
            for found in self._differing(comparison, batch):
                if not comparison.explain(found, self.context):
                    return found
        return None


def _take(values: Iterator[Any], count: int) -> list[Any]:
    return list(islice(values, count))
