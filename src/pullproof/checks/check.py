"""The shape of a check, and how the catalogue finds them.

A check is data around two pure functions: one that proposes scenarios and one
that judges a transcript. It never starts a process, sleeps or prints.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pullproof.model.draw import Draw
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Feature, Setup
from pullproof.model.transcript import Transcript
from pullproof.model.verdict import Level, Verdict

Propose = Callable[[Setup, Draw], Scenario]
Judge = Callable[[Setup, Transcript], Verdict]


@dataclass(frozen=True, slots=True)
class Check:
    """One question to a provider, with everything a report needs to say."""

    id: str
    """Stable: class letter of defects.md and a number, `A03`."""
    title: str
    """What a correct provider does, as a short sentence without a full stop."""
    group: str
    """Heading in reports; one of `GROUPS`."""
    level: Level
    rules: tuple[str, ...]
    """Rule ids (K-, T-, X-, R-, S-, I-), the deciding one first."""
    defects: tuple[str, ...]
    """Defect classes (D-) it catches."""
    propose: Propose
    judge: Judge
    consequence: str
    """What the kubelet does, or what goes wrong, in one sentence."""
    hint: str
    """How to mend it, in one or two sentences."""
    needs: frozenset[Feature] = frozenset()
    examples: int = 1
    """Scenarios in the default profile; smoke runs one, deep ten times as many."""
    smoke: bool = False
    """Whether the smoke profile runs it."""
    watches: bool = False
    """Whether its judge also reads every other check's transcripts."""
    slow: bool = False
    """May take as long as the deadline; started first, in a lane of its own."""
    flaky_by_nature: bool = False
    """Depends on timing (races); re-proved with more attempts."""
    applies: Callable[[Setup], str | None] = lambda setup: None
    """None, or the reason why this check cannot say anything about `setup`."""


GROUPS = (
    "framing",
    "version",
    "response shape",
    "auth keys",
    "images and destinations",
    "caching",
    "service account tokens",
    "secrets",
    "process",
    "exchange",
    "isolation",
)
