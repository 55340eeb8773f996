"""Hypothesis strategies over the model: valid values, then named deviations.

    from pullproof.strategies import responses, deviant_responses

Strategies describe values and hold no expectations: what the kubelet makes of
a value is the model's word. A deviation changes one thing of a valid value and
has a name, so that a failing example says what is special about it.
"""

from pullproof.strategies.configs import configs, deviant_configs
from pullproof.strategies.deviation import Deviation
from pullproof.strategies.draw import HypothesisDraw
from pullproof.strategies.images import auth_keys, deviant_images, images, match_images
from pullproof.strategies.machines import state_machine
from pullproof.strategies.requests import deviant_requests, request_values, requests
from pullproof.strategies.responses import deviant_responses, responses
from pullproof.strategies.runs import Violation
from pullproof.strategies.scenarios import scenarios
from pullproof.strategies.subjects import Difference, MachineSubject, Subject, follow
from pullproof.strategies.tokens import deviant_claims, token_claims
from pullproof.strategies.traces import (
    broken_by,
    event_traces,
    save_trace,
    save_violation,
    steps_of,
    trace_document,
)

__all__ = [
    "Deviation",
    "Difference",
    "HypothesisDraw",
    "MachineSubject",
    "Subject",
    "Violation",
    "auth_keys",
    "broken_by",
    "configs",
    "deviant_claims",
    "deviant_configs",
    "deviant_images",
    "deviant_requests",
    "deviant_responses",
    "event_traces",
    "follow",
    "images",
    "match_images",
    "request_values",
    "requests",
    "responses",
    "save_trace",
    "save_violation",
    "scenarios",
    "state_machine",
    "steps_of",
    "token_claims",
    "trace_document",
]
