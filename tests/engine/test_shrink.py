"""A failing scenario gets smaller and keeps showing the same thing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pullproof.engine.judging import Failure
from pullproof.engine.seeded import SeededDraw
from pullproof.engine.shrink import Admission, Search, shrink_choices, shrink_value
from pullproof.model.draw import Draw
from pullproof.model.scenario import (
    Edit,
    EditKind,
    ExecStep,
    Fault,
    FaultKind,
    PullStep,
    Scenario,
    Stdin,
    TokenKind,
)
from pullproof.model.setup import Setup
from pullproof.model.transcript import Transcript
from pullproof.model.verdict import fail
from tests.engine.fakes import make_setup

SETUP = make_setup(served=("registry.example/team/app", "registry.example/a"))
APP, SHORT = SETUP.served
FULL = Scenario(
    "H01",
    (
        ExecStep("other", APP),
        ExecStep(
            "one",
            APP,
            token=TokenKind.EXPIRED,
            edits=(Edit(EditKind.PRETTY), Edit(EditKind.PAD, arg="4096")),
            stdin=Stdin.CHUNKED,
            exchange=(Fault(FaultKind.DELAY, "5"), Fault(FaultKind.STATUS, "500")),
            registry=(Fault(FaultKind.RESET),),
            sandbox="s",
            group="g",
            env=(("A", "1"), ("B", "2")),
            unset_env=("C",),
            annotations=(("k", "a long value"), ("l", "m")),
            deadline_s=3.0,
        ),
        PullStep("pull", APP, "one", wait_s=60),
    ),
)


def failure(scenario: Scenario) -> Failure:
    return Failure(fail("K-091", "no"), Transcript(scenario, ()))


def search(
    start: Scenario, fails: Callable[[Scenario], bool], executions: int = 500, seconds: float = 60
) -> Search:
    def execute(scenario: Scenario) -> Failure | None:
        return failure(scenario) if fails(scenario) else None

    return Search(failure(start), execute, executions=executions, seconds=seconds)


def test_everything_that_does_not_matter_goes() -> None:
    found = search(FULL, lambda scenario: True)
    shrink_value(found, SETUP, Admission())
    (step,) = found.best.scenario.steps
    assert isinstance(step, ExecStep)
    assert step == ExecStep(step.id, SHORT)


MATTERS: list[Callable[[ExecStep], bool]] = [
    lambda step: step.token is TokenKind.EXPIRED,
    lambda step: Edit(EditKind.PRETTY) in step.edits,
    lambda step: any(int(edit.arg or 0) >= 1000 for edit in step.edits),
    lambda step: any(fault.kind is FaultKind.STATUS for fault in step.exchange),
    lambda step: bool(step.registry and step.group),
    lambda step: dict(step.env).get("B") == "2" and "C" in step.unset_env,
    lambda step: "a l" in dict(step.annotations or ()).get("k", ""),
    lambda step: step.deadline_s == 3.0 and step.stdin is Stdin.CHUNKED,
]


@pytest.mark.parametrize("matters", MATTERS)
def test_what_matters_stays(matters: Callable[[ExecStep], bool]) -> None:
    found = search(FULL, lambda scenario: any(matters(step) for step in scenario.execs))
    shrink_value(found, SETUP, Admission())
    (step,) = found.best.scenario.execs
    assert matters(step)
    assert len(found.best.scenario.steps) == 1


def test_amounts_are_halved_down_to_what_is_needed() -> None:
    found = search(
        FULL, lambda s: any(int(e.arg or 0) >= 1000 for x in s.execs for e in x.edits)
    )  # fmt: skip
    shrink_value(found, SETUP, Admission())
    assert [edit.arg for edit in found.best.scenario.execs[0].edits] == ["1024"]


def test_a_pull_goes_with_its_exec_and_never_alone_stays() -> None:
    found = search(FULL, lambda scenario: "other" in {step.id for step in scenario.steps})
    shrink_value(found, SETUP, Admission())
    assert [step.id for step in found.best.scenario.steps] == ["other"]


def test_a_needed_pull_keeps_its_exec() -> None:
    found = search(FULL, lambda scenario: any(isinstance(s, PullStep) for s in scenario.steps))
    shrink_value(found, SETUP, Admission())
    assert [step.id for step in found.best.scenario.steps] == ["one", "pull"]


def many(decided: str) -> Failure:
    steps = tuple(ExecStep(f"s{number}", APP) for number in range(9))
    pull = PullStep("pull", APP, "s4")
    return Failure(fail("K-091", "no", decided), Transcript(Scenario("A01", (*steps, pull)), ()))


def drop_steps(start: Failure, decide: Callable[[set[str]], str | None]) -> Search:
    def execute(scenario: Scenario) -> Failure | None:
        step = decide({step.id for step in scenario.steps})
        return (step and Failure(fail("K-091", "no", step), Transcript(scenario, ()))) or None

    found = Search(start, execute, executions=100, seconds=60)
    shrink_value(found, SETUP, Admission(frozenset()))
    return found


def test_one_execution_is_enough_if_only_the_deciding_step_matters() -> None:
    found = drop_steps(many("s7"), lambda names: "s7" if "s7" in names else None)
    assert [step.id for step in found.best.scenario.steps] == ["s7"]
    assert found.executions == 1


def test_the_step_compared_with_stays_if_the_judge_needs_it() -> None:
    found = drop_steps(many("s7"), lambda names: "s7" if {"s0", "s7"} <= names else None)
    assert [step.id for step in found.best.scenario.steps] == ["s0", "s7"]
    assert found.executions <= 4


def test_a_deciding_pull_brings_its_exec() -> None:
    found = drop_steps(many("pull"), lambda names: "pull" if "pull" in names else None)
    assert [step.id for step in found.best.scenario.steps] == ["s4", "pull"]


def test_a_failure_that_another_step_decides_is_another_failure() -> None:
    found = drop_steps(many("s7"), lambda names: min(names))
    assert "s7" in {step.id for step in found.best.scenario.steps}
    assert found.best.verdict.step == "s7"


def test_an_image_that_a_fact_names_stays() -> None:
    start = replace(FULL, facts=(("image", APP),))
    found = search(start, lambda scenario: True)
    shrink_value(found, SETUP, Admission())
    assert found.best.scenario.execs[0].image == APP


def test_executions_are_bounded_and_no_scenario_is_executed_twice() -> None:
    seen: list[Scenario] = []

    def fails(scenario: Scenario) -> bool:
        seen.append(scenario)
        return False

    found = search(FULL, fails, executions=7)
    shrink_value(found, SETUP, Admission())
    shrink_value(found, SETUP, Admission())
    assert len(seen) == len(set(seen)) == found.executions == 7
    assert found.best.scenario == FULL


def test_time_is_bounded() -> None:
    found = search(FULL, lambda scenario: True, seconds=0)
    shrink_value(found, SETUP, Admission())
    assert found.best.scenario == FULL


# --- soundness: what a judge knows by construction stays true -------------------------


def propose_trailing(setup: Setup, draw: Draw) -> Scenario:
    """One edit always; the judge relies on it without looking."""
    edit = Edit(EditKind.APPEND, arg=draw.choice(("x", "{}", "null")))
    steps = tuple(
        ExecStep(f"s{n}", draw.choice(setup.served), edits=(edit,))
        for n in range(draw.integer(1, 3))
    )
    return Scenario("A03", steps)


def test_a_check_is_never_given_a_scenario_its_generator_would_not_make() -> None:
    draw = SeededDraw("3 steps, or nearly")
    start = propose_trailing(SETUP, draw)
    executed: list[Scenario] = []

    def fails(scenario: Scenario) -> bool:
        executed.append(scenario)
        return True

    found = search(start, fails)
    shrink_choices(found, SETUP, propose_trailing, draw.choices)
    shrink_value(found, SETUP, Admission.of(SETUP, propose_trailing, "seed"))
    assert executed
    assert all(step.edits for scenario in executed for step in scenario.execs)
    (step,) = found.best.scenario.execs
    assert step == ExecStep("s0", SHORT, edits=(Edit(EditKind.APPEND, arg="x"),))


def test_facts_stay_what_the_generator_said() -> None:
    def propose(setup: Setup, draw: Draw) -> Scenario:
        number = draw.integer(1, 9)
        return Scenario("A01", (ExecStep("s", APP),) * number, facts=(("steps", str(number)),))

    draw = SeededDraw("some")
    start = propose(SETUP, draw)
    found = search(start, lambda scenario: len(scenario.steps) >= 2)
    shrink_choices(found, SETUP, propose, draw.choices)
    shrink_value(found, SETUP, Admission.of(SETUP, propose, "seed"))
    assert found.best.scenario.fact("steps") == str(len(found.best.scenario.steps)) == "2"


def test_a_generator_that_cannot_follow_leaves_the_failure_as_it_is() -> None:
    def propose(setup: Setup, draw: Draw) -> Scenario:
        if draw.integer(0, 3) == 0:
            raise LookupError("nothing served")
        return FULL

    found = search(FULL, lambda scenario: True)
    shrink_choices(found, SETUP, propose, [3])
    assert found.best.scenario == FULL
