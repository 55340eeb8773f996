"""What a check answers. A verdict is a value; showing it is somebody else's job."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not-applicable"
    """The transcript holds nothing this check could have failed on (S-80)."""


class Level(StrEnum):
    """How much a failed check weighs."""

    MUST = "MUST"
    """The kubelet refuses, or a promised isolation is broken."""
    SHOULD = "SHOULD"
    """Breaks pulls in common situations; counts with `--strict`."""
    POLICY = "policy"
    """The author's own declaration is broken; judged only if declared."""
    ADVICE = "advice"
    """Never fails a run."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of one check about one transcript."""

    outcome: Outcome
    message: str = ""
    """What was seen and what was expected; holds no secret: name kinds of
    secrets and places, never values."""
    rule: str = ""
    """The rule, of those the check cites, that decided."""
    step: str = ""
    """Id of the step that decided."""

    @property
    def failed(self) -> bool:
        return self.outcome is Outcome.FAIL


PASS = Verdict(Outcome.PASS)


def fail(rule: str, message: str, step: str = "") -> Verdict:
    return Verdict(Outcome.FAIL, message, rule, step)


def inconclusive(message: str, step: str = "") -> Verdict:
    return Verdict(Outcome.INCONCLUSIVE, message, "", step)


def not_applicable(message: str = "") -> Verdict:
    return Verdict(Outcome.NOT_APPLICABLE, message)
