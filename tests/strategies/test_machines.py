"""State machines made from the model's tables: they find, they shrink, they can be replayed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from pullproof.cli import cli
from pullproof.explore import Options, explore
from pullproof.model.machine import LivenessProperty, Machine, Promise, StateProperty, StepProperty
from pullproof.model.protocol.build import build
from pullproof.model.protocol.scopes import SCOPES
from pullproof.strategies import Violation, broken_by, save_violation, state_machine
from pullproof.strategies.machines import MachineRun
from tests.explore.toys import jugs

CONFIGURATIONS = {params.name: params for params in SCOPES["small"]}
SPARE_STEPS = 2
hunting = settings(
    max_examples=400,
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
walking = settings(hunting, max_examples=15, stateful_step_count=25, phases=[Phase.generate])


def found_in(machine: Machine, how: settings = hunting) -> Violation | None:
    try:
        run_state_machine_as_test(state_machine(machine), settings=how)
    except Violation as violation:
        return violation
    return None


def shortest(machine: Machine, ids: frozenset[str]) -> int:
    """Return the length of the shortest violation, as the explorer sees it."""
    found = explore(machine, Options(stop_on=ids, only=ids))
    return min(len(each.trace) for each in found.properties if each.trace is not None)


def runs_of(name: str, mutant: str = "") -> type[MachineRun]:
    return state_machine(build(CONFIGURATIONS[name], mutant))


@pytest.mark.slow
def test_a_riddle_is_solved_in_as_few_steps_as_there_need_be() -> None:
    riddle = jugs()
    only = tuple(each for each in riddle.properties if each.id == "J-2")
    found = found_in(replace(riddle, properties=only))
    assert found is not None
    assert len(found.labels) == 6  # by the books


def test_there_is_one_rule_for_each_kind_of_event() -> None:
    runs = runs_of("sa-token")
    rules = {name for name in vars(runs) if hasattr(vars(runs)[name], "hypothesis_stateful_rule")}
    kinds = {event.kind for event in runs.table.machine.events}
    assert rules == {kind.replace(".", "_").replace("-", "_") for kind in kinds}


def test_every_promise_is_judged_and_liveness_is_left_out_with_a_reason() -> None:
    runs = runs_of("sa-token")
    properties = runs.table.machine.properties
    always = {
        each.id
        for each in properties
        if isinstance(each, StateProperty | StepProperty) and each.promise is Promise.ALWAYS
    }
    assert runs.table.watched == {id_ for id_ in always if not id_.startswith("P-")}
    liveness = {each.id for each in properties if isinstance(each, LivenessProperty)}
    assert liveness
    assert set(runs.left_out) == liveness
    assert all(runs.left_out.values())


@pytest.mark.parametrize("name", ["echo", "documents", "image-secrets", "image-aliases"])
def test_the_real_rules_break_nothing(name: str) -> None:
    assert found_in(build(CONFIGURATIONS[name]), walking) is None


def test_what_nobody_promised_is_judged_on_request_only() -> None:
    runs = state_machine(build(CONFIGURATIONS["public"]), promises=True)
    with pytest.raises(Violation) as caught:
        run_state_machine_as_test(runs, settings=hunting)
    assert all(id_.startswith("P-") for id_ in caught.value.broken)


def test_a_failing_run_reads_as_steps(capsys: pytest.CaptureFixture[str]) -> None:
    found = found_in(build(CONFIGURATIONS["echo"], "token-audience=api-server"))
    assert found is not None
    assert ". kubelet.looks-up(pod-a,r.test/a)" in str(found)
    assert "is violated in echo" in str(found)
    notes = "\n".join(getattr(found, "__notes__", [])) + capsys.readouterr().out
    assert "state.kubelet_looks_up(of='pod-a,r.test/a')" in notes


def test_what_was_found_is_saved_and_replayed(tmp_path: Path) -> None:
    found = found_in(build(CONFIGURATIONS["public"], "anonymous-last=true"))
    assert found is not None
    assert set(found.broken) <= set(broken_by(found.machine, found.labels))
    path = tmp_path / "trace.json"
    save_violation(path, found)
    assert json.loads(path.read_text("utf-8"))["run"]["mutant"] == "anonymous-last=true"
    again = CliRunner().invoke(cli, ["explore", "--replay", str(path)])
    assert "same as saved" in again.output
    assert f"violates {found.broken[0]}" in again.output
    assert again.exit_code == 1
    sane = CliRunner().invoke(cli, ["explore", "--replay", str(path), "--mutant", "none"])
    assert f"violates {found.broken[0]}" not in sane.output


QUICK = (
    ("legacy-secrets", "union=no-secrets"),
    ("echo", "token-key-has-pod=false"),
    ("image-pull-policies", "K-210/never-is-if-not-present"),
)
OTHERS = (
    # What the kubelet looks up.
    ("documents", "checks-version=false"),
    ("documents", "failed-exec-ignored=false"),
    ("documents", "failures-cached=true"),
    ("documents", "stderr-logged=false"),
    ("echo", "echo-guard=never"),
    ("echo", "flight-has-token=false"),
    ("durations", "expiry=late"),
    ("durations", "zero-duration=forever"),
    ("durations", "negative-duration=forever"),
    ("legacy-secrets", "bad-secret-fails=false"),
    ("paths", "keys-match-image=false"),
    ("everything-joined", "B-32/no-union"),
    # Which images it lets a pod use.
    ("image-secrets", "I-25/secrets-node-wide"),
    ("image-secrets", "I-30/memory-only"),
    ("image-secrets", "I-30/record-then-intent"),
    ("image-namesakes", "K-226/by-name"),
    ("image-aliases", "I-27/by-digest"),
    ("image-preloaded", "B-23/pulled-is-open"),
    ("image-preloaded", "B-22/policy-off"),
    ("image-several-credentials", "K-213/last-offered"),
)


@pytest.mark.parametrize(
    ("name", "mutant"),
    [*QUICK, *(pytest.param(*each, marks=pytest.mark.slow) for each in OTHERS)],
)
def test_a_mutant_is_caught_by_a_run_hardly_longer_than_the_shortest(
    name: str, mutant: str
) -> None:
    machine = build(CONFIGURATIONS[name], mutant)
    found = found_in(machine)
    assert found is not None
    least = shortest(machine, state_machine(machine).table.watched)
    assert len(found.labels) <= least + SPARE_STEPS
    assert len(found.essential) <= least + 1
    assert found.broken[0] in broken_by(machine, found.essential)
