"""Judging an equal run once is the same as judging each."""

from dataclasses import replace
from pathlib import Path

import pytest

from pullproof.engine.canary import play
from pullproof.fuzzing.oracle import Oracle, normal_form
from pullproof.model.scenario import Edit, EditKind, ExecStep, Scenario
from pullproof.model.setup import Setup
from pullproof.model.transcript import (
    Actor,
    FileSeen,
    Minted,
    Received,
    Secret,
    SecretKind,
    Transcript,
)
from tests.fuzzing.setups import write_setup


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return write_setup(tmp_path)


SCENARIO = Scenario("A00", (ExecStep("baseline", "registry.example/team-a/app"),))


def run(setup: Setup, token: str = "token-one", *, say: str = "") -> Transcript:
    made = play(setup, SCENARIO, f"answer {token}".encode(), say.encode(), 0)
    return replace(
        made,
        secrets=(Secret(SecretKind.TOKEN, "baseline", token),),
        minted=(Minted("id-" + token, "baseline", "u", "pw" + token, "sub", None, True, ()),),
        received=(
            Received(Actor.EXCHANGE, "baseline", "POST", "/x", (("a", token),), token.encode(),
                     200, b"ok", 0.5, minted="id-" + token),
        ),
    )  # fmt: skip


def test_runs_that_differ_in_the_names_of_secrets_are_one(setup: Setup) -> None:
    assert normal_form(run(setup, "token-one")) == normal_form(run(setup, "token-two"))


@pytest.mark.parametrize(
    "change",
    [
        {"stdout": b"other"},
        {"stderr": b"said more"},
        {"exit_code": 1},
        {"left_behind": 1},
        {"stdin_unread": 3},
        {"duration_s": 1.0},
        {"core_dumped": True},
        {"files": (FileSeen("home/x", 0o600, 1, b"x"),)},
    ],
)
def test_everything_a_judge_may_look_at_tells_runs_apart(
    change: dict[str, object], setup: Setup
) -> None:
    made = run(setup)
    other = replace(made, execs=(replace(made.execs[0], **change),))  # type: ignore[arg-type]
    assert normal_form(made) != normal_form(other)


def test_a_secret_where_there_was_none_tells_runs_apart(setup: Setup) -> None:
    assert normal_form(run(setup, say="all is well")) != normal_form(run(setup, say="token-one"))


def test_an_equal_run_is_remembered_and_says_the_same(setup: Setup) -> None:
    oracle = Oracle(setup)
    bad = play(setup, SCENARIO, b"", b"", 0)
    first = oracle.opinion(bad)
    again = oracle.opinion(bad)
    assert oracle.remembered == 1
    assert first.failures
    assert first == again
    oracle.forget()
    assert oracle.opinion(bad) == first


def test_a_check_judges_its_own_scenario_only_while_it_has_its_form(setup: Setup) -> None:
    oracle = Oracle(setup)
    own = next(check for check in oracle.checks if not check.watches and check.id.startswith("A"))
    from pullproof.engine.seeded import ReplayedDraw

    made = own.propose(setup, ReplayedDraw(()))
    assert own in oracle.judges(made)
    step = replace(made.execs[0], edits=(Edit(EditKind.RAW, "", "something else"),))
    changed = replace(made, steps=(step, *made.steps[1:]))
    assert own not in oracle.judges(changed)
    assert oracle.judges(changed) == [check for check in oracle.checks if check.watches]
