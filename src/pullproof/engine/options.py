"""What the caller of a run decides: how much, how long, how wide, which checks."""

import os
from dataclasses import dataclass
from enum import StrEnum

MOST_DEFAULT_JOBS = 4


class Profile(StrEnum):
    """How much is tried."""

    SMOKE = "smoke"
    """Checks marked `smoke`, one scenario each; meant for every build."""
    DEFAULT = "default"
    DEEP = "deep"
    """Ten times the examples of `default`."""


DEEP_FACTOR = 10


@dataclass(frozen=True, slots=True)
class Options:
    """One run. Neither `jobs` nor timing changes what it finds."""

    profile: Profile = Profile.DEFAULT
    seed: int = 0
    budget_s: float | None = None
    """Wall-clock seconds for the whole run, kept to 5 %; None: no limit."""
    jobs: int | None = None
    """Worker processes; None: one for each processor, at most four."""
    checks: tuple[str, ...] = ()
    """Ids of the checks to run; empty: all of the profile."""
    launcher: str = "exec"
    """How providers are started, as the adapters name it."""
    examples_factor: float = 1.0
    """Scales the examples of each check; at least one remains."""
    canary: bool = True
    """Whether to prove first that the judges can fail at all."""
    prove: bool = True
    """Whether a failure is executed again before it is believed."""
    shrink: bool = True
    """Whether a proved failure is made smaller."""
    shrink_executions: int = 60
    """Executions one failure may cost while it is made smaller."""
    shrink_s: float = 30.0
    """Safety net for slow providers; the number above is the real limit."""

    @property
    def workers(self) -> int:
        """Number of worker processes of the fast lane, at least one."""
        if self.jobs is not None:
            return max(1, self.jobs)
        return max(1, min(MOST_DEFAULT_JOBS, os.cpu_count() or 1))

    def examples(self, examples: int) -> int:
        """Return how many scenarios a check with `examples` gets in this profile."""
        if self.profile is Profile.SMOKE:
            return 1
        factor = DEEP_FACTOR if self.profile is Profile.DEEP else 1
        return max(1, round(examples * factor * self.examples_factor))
