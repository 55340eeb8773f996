"""Which feedback a provider gives: found out by running it once with each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pullproof.fuzzing.feedback.base import Feedback, Together, space_of
from pullproof.fuzzing.feedback.gocover import GoCoverage
from pullproof.fuzzing.feedback.novelty import Novelty
from pullproof.fuzzing.feedback.pycover import PythonCoverage
from pullproof.model.setup import Setup
from pullproof.model.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Choice:
    """The feedback to use, and the setup that makes the provider give it."""

    feedback: Feedback
    setup: Setup
    why: str
    """One line for people."""


def with_env(setup: Setup, env: tuple[tuple[str, str], ...]) -> Setup:
    """Return `setup` with more in the kubelet's environment."""
    return replace(setup, base_env=(*setup.base_env, *env)) if env else setup


def choose(
    setup: Setup, directory: Path, perform: Callable[[Setup], Transcript], *, coverage: bool = True
) -> Choice:
    """Return what `setup`'s provider offers.

    Novelty is always part of it: coverage does not see what is printed.

    Args:
        directory: Ours, writable by the provider.
        perform: Runs the provider once, the ordinary way, with a setup.
    """
    novelty = Novelty(setup)
    if not coverage:
        return Choice(novelty, setup, "novelty (coverage not wanted)")
    kinds: tuple[Feedback, ...] = (
        GoCoverage(directory / "go"),
        PythonCoverage(directory / "python"),
    )
    for candidate in kinds:
        if candidate.name == "python" and any(name == "PYTHONPATH" for name, _ in setup.base_env):
            continue
        trial = with_env(setup, candidate.env)
        if candidate.collect(perform(trial)):
            both = Together((candidate, novelty))
            return Choice(both, trial, f"{candidate.name} coverage and novelty")
    return Choice(novelty, setup, "novelty (the binary writes no coverage we can read)")


def covered(features: frozenset[int] | set[int]) -> int:
    """Return how many of `features` are coverage."""
    return sum(space_of(number) > 1 for number in features)
