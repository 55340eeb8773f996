"""All reachable states of a `Machine`, and what its properties say of them."""

from pullproof.explore.result import (
    Counterexample,
    Exploration,
    Options,
    Progress,
    PropertyResult,
    Status,
    Stop,
)
from pullproof.explore.search import explore
from pullproof.explore.traces import Trace, TraceStep

__all__ = [
    "Counterexample",
    "Exploration",
    "Options",
    "Progress",
    "PropertyResult",
    "Status",
    "Stop",
    "Trace",
    "TraceStep",
    "explore",
]
