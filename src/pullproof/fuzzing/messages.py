"""What campaign and workers tell each other; all of it is picklable."""

from dataclasses import dataclass, field

from pullproof.fuzzing.loop import JudgeBroke, Kept, Progress, Suspected, Took
from pullproof.fuzzing.sources import Shard
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup


@dataclass(frozen=True, slots=True)
class Orders:
    """All that a worker needs to know."""

    setup: Setup
    seed: int
    shard: Shard
    slot: int
    """Which processor, of those we may use."""
    generation: int
    corpus: tuple[Scenario, ...] = field(repr=False, default=())
    coverage: bool = True
    guided: bool = True
    confine: bool = True
    coverage_root: str = ""
    """Where coverage is written, one directory for each worker."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A worker is ready: what it measures, and how it is confined."""

    feedback: str
    """One line for people."""
    feedback_name: str
    confinement: str
    fast: bool


@dataclass(frozen=True, slots=True)
class Unable:
    """A worker cannot go on; the reason holds no secret."""

    reason: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """Another worker kept this."""

    scenario: Scenario


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish the running exec, then go."""


ToWorker = Welcome | Stop
FromWorker = Opened | Unable | Kept | Suspected | JudgeBroke | Progress | Took
