"""Scenarios of a check, drawn by Hypothesis instead of the engine."""

from hypothesis import strategies as st

from pullproof.checks.check import Check
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup
from pullproof.strategies.draw import HypothesisDraw


@st.composite
def scenarios(draw: st.DrawFn, check: Check, setup: Setup) -> Scenario:
    """Return what `check` proposes for `setup`; smaller choices, smaller scenario.

    The check must be applicable to the setup (`needs`, `applies`).
    """
    return check.propose(setup, HypothesisDraw(draw))
