"""Hypothesis strategies over the model: valid values, boundaries, named deviations.

    from pullproof.strategies import responses, deviant_responses

Strategies describe values and hold no expectations: what the kubelet makes of
a value is the model's word. A deviation changes one thing of a valid value and
has a name, so that a failing example says what is special about it; a boundary
has a name, too, and is still valid. docs/strategies.md shows them at work.

    images() match_images(image) auth_keys(image)   "registry.example/a", "*.example", ...
    boundary_images() deviant_images()              Deviation("double slash", ...).value
    requests() request_values()                     stdin as the kubelet writes it
    boundary_requests() deviant_requests()          a `Request`; bytes no kubelet sends
    responses(image=...)                            stdout the kubelet accepts
    boundary_responses() deviant_responses()        ... just about, and not
    configs(tokens=True)                            a file a kubelet starts with
    boundary_configs() deviant_configs()            ... just about, and not
    token_claims(now) boundary_claims(now)          claims a verifier accepts at `now`
    deviant_claims(now)                             Deviation("other audience", ...)
    worlds(tokens=True) boundary_worlds()           a `Setup`: workloads, images, policy
    scenarios(check, setup)                         what a check proposes
    event_traces(machine, max_events)               ("kubelet.looks-up(pod-a,r.test/a)", ...)
    state_machine(machine, subject=...)             a `RuleBasedStateMachine`

A `Subject` goes in lockstep with a machine: `MachineSubject(mutant)`, or your
own. `follow` replays one trace with it, `save_trace` and `save_violation` write
files for `pullproof explore --replay`.
"""

from pullproof.strategies.boundaries import (
    boundary_claims,
    boundary_configs,
    boundary_images,
    boundary_requests,
    boundary_responses,
    boundary_worlds,
)
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
from pullproof.strategies.worlds import worlds

__all__ = [
    "Deviation",
    "Difference",
    "HypothesisDraw",
    "MachineSubject",
    "Subject",
    "Violation",
    "auth_keys",
    "boundary_claims",
    "boundary_configs",
    "boundary_images",
    "boundary_requests",
    "boundary_responses",
    "boundary_worlds",
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
    "worlds",
]
