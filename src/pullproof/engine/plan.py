"""Which checks run, how often, and why the others do not.

Every check of the catalogue has an entry: a check that is not run is shown
with its reason, because not exercised is not held (S-80).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pullproof.checks.check import Check
from pullproof.engine.options import Options, Profile
from pullproof.model.errors import Problem, UserError
from pullproof.model.setup import Feature, Setup

WHY_NEEDED = {
    Feature.TOKENS: "the provider's configuration has no tokenAttributes",
    Feature.EXCHANGE: "the provider does not use ${exchange.url}",
    Feature.REGISTRY: "no served image lives in the embedded registry",
    Feature.TWO_WORKLOADS: "fewer than two workloads are declared",
    Feature.DECLINED_IMAGES: "no declined images are declared",
    Feature.OWNS: "policy.owns is not declared",
}


class UnknownChecks(UserError):
    """Ids were asked for that the catalogue does not have."""

    def __init__(self, unknown: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(
            Problem(f"no such check: {', '.join(unknown)}; there are: {', '.join(known)}")
        )
        self.unknown = tuple(unknown)


@dataclass(frozen=True, slots=True)
class Planned:
    """One check of the catalogue and what will be done with it."""

    check: Check
    examples: int
    """0 if it is skipped."""
    skip: str = ""
    """Why it is not run."""


@dataclass(frozen=True, slots=True)
class Plan:
    entries: tuple[Planned, ...]
    """In catalogue order, all of the catalogue."""

    @property
    def running(self) -> tuple[Planned, ...]:
        return tuple(entry for entry in self.entries if not entry.skip)

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        return tuple((entry.check.id, entry.skip) for entry in self.entries if entry.skip)

    @property
    def watchers(self) -> tuple[str, ...]:
        """Ids of running checks that judge every transcript."""
        return tuple(entry.check.id for entry in self.running if entry.check.watches)


def make_plan(setup: Setup, options: Options, catalogue: Sequence[Check]) -> Plan:
    """Return the plan of one run.

    Raises:
        UnknownChecks: `options.checks` names a check that is not there.
    """
    known = [check.id for check in catalogue]
    unknown = [name for name in options.checks if name not in known]
    if unknown:
        raise UnknownChecks(unknown, known)
    return Plan(tuple(_planned(setup, options, check) for check in catalogue))


def _planned(setup: Setup, options: Options, check: Check) -> Planned:
    reason = why_skipped(setup, options, check)
    return Planned(check, 0 if reason else options.examples(check.examples), reason)


def why_skipped(setup: Setup, options: Options, check: Check) -> str:
    """Return why `check` does not run, or an empty text if it does.

    What the user asked for comes first, then what the provider lacks.
    """
    if options.checks and check.id not in options.checks:
        return "not selected"
    if check.id in setup.policy.ignore:
        return "ignored by policy"
    if options.profile is Profile.SMOKE and not check.smoke and not options.checks:
        return "not in the smoke profile"
    missing = sorted(check.needs - setup.features)
    if missing:
        return "; ".join(f"needs {feature}: {WHY_NEEDED[feature]}" for feature in missing)
    return check.applies(setup) or ""
