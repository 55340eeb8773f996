"""The explorer on the real protocol: nothing is lost by how it goes about it."""

from collections import deque
from typing import Any

import pytest

from pullproof.explore import Status, explore
from pullproof.explore.consulted import fields_of, watched_machine
from pullproof.model.machine import (
    LivenessProperty,
    Machine,
    Promise,
    StateProperty,
    StepProperty,
    successors,
)
from pullproof.model.protocol.build import build
from pullproof.model.protocol.mutants import all_mutants
from pullproof.model.protocol.scopes import SCOPES

CONFIGURATIONS = {params.name: params for params in SCOPES["small"]}


def decided(machine: Machine) -> tuple[int, set[str]]:
    """Return the number of states, and ids of what is violated or witnessed, naively."""
    queue: deque[dict[str, Any]] = deque([machine.initial])
    seen = {tuple(machine.initial.values())}
    found: set[str] = set()
    safety = [p for p in machine.properties if not isinstance(p, LivenessProperty)]
    while queue:
        state = queue.popleft()
        for each in safety:
            if isinstance(each, StateProperty):
                holds = each.holds({name: state[name] for name in each.reads})
                found |= {each.id} if holds is (each.promise is Promise.SOMETIMES) else set()
        for event, after, result in successors(machine, state):
            view = {name: state[name] for name in event.reads}
            for each in safety:
                if isinstance(each, StepProperty) and (not each.kinds or event.kind in each.kinds):
                    holds = each.holds(view, event, result)
                    found |= {each.id} if holds is (each.promise is Promise.SOMETIMES) else set()
            key = tuple(after[name] for name in machine.initial)
            if key not in seen:
                seen.add(key)
                queue.append(after)
    return len(seen), found


@pytest.mark.parametrize("name", ["echo", "documents", "paths", "image-aliases", "public"])
@pytest.mark.parametrize("numpy", [False, True], ids=["plain", "numpy"])
def test_what_a_naive_judge_sees_is_seen(name: str, numpy: bool) -> None:
    machine = build(CONFIGURATIONS[name])
    states, expected = decided(machine)
    found = explore(machine, numpy=numpy)
    liveness = {p.id for p in machine.properties if isinstance(p, LivenessProperty)}
    seen = {p.id for p in found.properties if p.status in (Status.VIOLATED, Status.WITNESSED)}
    assert seen - liveness == expected
    assert found.unreduced == states


@pytest.mark.parametrize("name", ["echo", "tokens-of-two", "plain-flights"])
def test_exchanging_pods_loses_no_state_and_no_verdict(name: str) -> None:
    machine = build(CONFIGURATIONS[name])
    full, reduced = explore(machine, symmetry=False), explore(machine)
    assert reduced.permutations > 1
    assert reduced.unreduced == full.states > reduced.states
    for each in full.properties:
        other = reduced.result(each.id)
        assert other.status is each.status
        assert len(other.trace or ()) == len(each.trace or ())


def test_a_mutant_of_what_is_not_consulted_changes_nothing() -> None:
    params = CONFIGURATIONS["paths"]
    machine, consulted = watched_machine(params)
    real = explore(machine)
    assert consulted
    others = [m for m in all_mutants().values() if fields_of(m).isdisjoint(consulted)]
    assert others
    for mutant in others[::20]:
        wrong = explore(build(params, mutant.id))
        assert (wrong.states, wrong.transitions) == (real.states, real.transitions)
        assert [p.status for p in wrong.properties] == [p.status for p in real.properties]
