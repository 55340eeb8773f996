"""What an exploration is asked for, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from pullproof.explore.traces import Trace

PROMISE_ONLY = ("P-", "G-")
"""Properties with such ids are reported, and fail a run only on request."""


class Stop(StrEnum):
    """Why an exploration ended."""

    COMPLETE = "complete"
    VIOLATION = "violation"
    LIMIT = "limit"
    DEPTH = "depth"
    MEMORY = "memory"
    INTERRUPTED = "interrupted"


class Status(StrEnum):
    HELD = "held"
    """In every state that was seen; if the exploration is complete, in all."""
    VIOLATED = "violated"
    WITNESSED = "witnessed"
    UNWITNESSED = "no witness"


@dataclass(frozen=True, slots=True)
class Options:
    """How far to go, and by which way; picklable."""

    limit_states: int | None = None
    """Stop soon after so many distinct states."""
    limit_depth: int | None = None
    memory_bytes: int | None = None
    """Stop before the process would take more."""
    stop_on: frozenset[str] | None = None
    """Stop at the end of the level in which one of these is violated."""
    only: frozenset[str] | None = None
    """Look at these properties only."""
    symmetry: bool = True
    numpy: bool | None = None
    """None: if it is installed."""
    checkpoint: Path | None = None
    """Keep finished levels in this directory."""
    resume: bool = False
    """Continue from what `checkpoint` holds."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an exploration is."""

    machine: str
    states: int
    transitions: int
    frontier: int
    depth: int
    seconds: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class PropertyResult:
    """What became of all properties that share an id."""

    id: str
    prose: str
    rules: tuple[str, ...]
    status: Status
    trace: Trace | None = None
    """A shortest way to the violation or the witness."""

    @property
    def is_promise_only(self) -> bool:
        return self.id.startswith(PROMISE_ONLY)


Counterexample = PropertyResult
"""A result whose status is `VIOLATED`."""


@dataclass(frozen=True, slots=True)
class Exploration:
    """One machine, explored. Everything but times is a function of it and the options."""

    machine: str
    parameters: Mapping[str, str]
    states: int
    """Distinct; with symmetry, distinct up to renaming."""
    unreduced: int
    """Distinct states that these stand for: as many as without symmetry."""
    transitions: int
    """Possible events in all states that were expanded."""
    depth: int
    """Of the deepest state, in events."""
    terminal: int
    """States in which no event is possible."""
    stop: Stop
    properties: tuple[PropertyResult, ...]
    event_counts: Mapping[str, int]
    """Transitions per kind of event, kinds that never happen included."""
    permutations: int = 1
    """Order of the symmetry group that was used."""
    seconds: float = 0.0
    memory_bytes: int = 0
    """At the end."""
    worked_out: int = 0
    """How often a guard or property was called."""
    words: int = 0
    """64-bit words a state needs; 0: explored without numpy."""
    reads: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType(dict[str, tuple[str, ...]]())
    )
    """Per event, the components it declares but never asked for."""

    @property
    def is_complete(self) -> bool:
        return self.stop is Stop.COMPLETE

    @property
    def violations(self) -> tuple[Counterexample, ...]:
        return tuple(p for p in self.properties if p.status is Status.VIOLATED)

    @property
    def witnesses(self) -> Mapping[str, Trace]:
        return {
            each.id: each.trace
            for each in self.properties
            if each.status is Status.WITNESSED and each.trace is not None
        }

    @property
    def unwitnessed(self) -> tuple[PropertyResult, ...]:
        return tuple(p for p in self.properties if p.status is Status.UNWITNESSED)

    def result(self, id_: str) -> PropertyResult:
        """Return what became of one property."""
        return next(each for each in self.properties if each.id == id_)
