"""Many configurations as one answer: kept if kept in all, with occasion if in one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pullproof.explore.result import Exploration, PropertyResult, Status
from pullproof.explore.traces import Trace
from pullproof.model.protocol.holds import is_promised

_WORST_FIRST = (Status.VIOLATED, Status.WITNESSED, Status.HELD, Status.UNWITNESSED)


@dataclass(frozen=True, slots=True)
class ScopeProperty:
    """One property over all configurations."""

    id: str
    prose: str
    rules: tuple[str, ...]
    status: Status
    configurations: tuple[str, ...]
    """Those that violate or witness it, in order; else those that have it."""
    trace: Trace | None
    """The shortest of all; the first configuration's among equals."""
    is_promise_only: bool
    """Not promised at all, or by later releases than those that violate it."""


@dataclass(frozen=True)
class ScopeResult:
    """What explorations of several configurations say together."""

    explorations: tuple[Exploration, ...]
    left_out: int = 0
    """Configurations that an interrupt left out."""

    @property
    def states(self) -> int:
        return sum(each.states for each in self.explorations)

    @property
    def transitions(self) -> int:
        return sum(each.transitions for each in self.explorations)

    @property
    def is_complete(self) -> bool:
        return not self.left_out and all(each.is_complete for each in self.explorations)

    @cached_property
    def properties(self) -> tuple[ScopeProperty, ...]:
        """One per id, in order of first appearance."""
        found: dict[str, list[Said]] = {}
        for each in self.explorations:
            for result in each.properties:
                found.setdefault(result.id, []).append(Said(each, result))
        return tuple(_merged(results) for results in found.values())

    def failures(self, *, promises: bool) -> tuple[ScopeProperty, ...]:
        """Return what is violated; what was not promised only with `promises`."""
        return tuple(
            each
            for each in self.properties
            if each.status is Status.VIOLATED and (promises or not each.is_promise_only)
        )

    def unwitnessed(self, *, promises: bool) -> tuple[ScopeProperty, ...]:
        """Return what ought to come up and never did."""
        return tuple(
            each
            for each in self.properties
            if each.status is Status.UNWITNESSED and (promises or not each.is_promise_only)
        )


@dataclass(frozen=True, slots=True)
class Said:
    """What one exploration says of a property."""

    exploration: Exploration
    result: PropertyResult

    @property
    def is_expected(self) -> bool:
        """Return whether it is violated by a kubelet that never promised it.

        A machine that is of no Kubernetes is held to everything.
        """
        if self.result.status is not Status.VIOLATED:
            return False
        if self.result.is_promise_only:
            return True
        version = self.exploration.parameters.get("kubernetes", "")
        minor = version.partition(".")[2]
        return bool(minor) and not is_promised(self.result.id, int(minor))


def _merged(said: Sequence[Said]) -> ScopeProperty:
    status = min((each.result.status for each in said), key=_WORST_FIRST.index)
    same = [each for each in said if each.result.status is status]
    is_expected = all(each.is_expected for each in same)
    if not is_expected:
        same = [each for each in same if not each.is_expected]
    results = [each.result for each in same]
    traced = [result for result in results if result.trace is not None]
    best = min(traced, key=lambda result: len(result.trace or ()), default=results[0])
    return ScopeProperty(
        best.id,
        best.prose,
        best.rules,
        status,
        tuple(each.exploration.machine for each in same),
        best.trace,
        best.is_promise_only or is_expected,
    )


def scope_result(explorations: Iterable[Exploration | None]) -> ScopeResult:
    """Return the result of a scope whose configurations may be left out."""
    every = list(explorations)
    done = tuple(each for each in every if each is not None)
    return ScopeResult(done, len(every) - len(done))
