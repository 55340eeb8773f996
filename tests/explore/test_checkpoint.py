"""A run that is stopped and resumed says what one run says."""

import pickle
from pathlib import Path
from typing import Any

import pytest

from pullproof.explore import Stop, explore
from pullproof.explore.checkpoint import Checkpoint
from pullproof.explore.tables import Tables
from pullproof.model.errors import UserError
from pullproof.model.machine import Machine
from tests.explore import toys
from tests.explore.test_explore import steps, verdicts


@pytest.mark.parametrize("machine", [toys.jugs(), toys.tokens(5), toys.counters(3, 40)])
@pytest.mark.parametrize("depth", [0, 1, 3])
def test_a_resumed_run_ends_like_an_uninterrupted_one(
    machine: Machine, depth: int, tmp_path: Path
) -> None:
    whole = explore(machine)
    first = explore(machine, limit_depth=depth, checkpoint=tmp_path)
    assert first.stop is Stop.DEPTH
    rest = explore(machine, checkpoint=tmp_path, resume=True)
    assert rest.stop is Stop.COMPLETE
    counts = [(e.states, e.unreduced, e.transitions, e.depth, e.terminal) for e in (whole, rest)]
    assert counts[0] == counts[1]
    assert verdicts(whole) == verdicts(rest)
    assert steps(whole) == steps(rest)


def test_a_level_that_was_not_finished_is_taken_again(tmp_path: Path) -> None:
    machine = toys.counters(4, 12)
    explore(machine, limit_states=1000, checkpoint=tmp_path)
    rest = explore(machine, checkpoint=tmp_path, resume=True)
    assert (rest.states, rest.transitions) == (12**4, explore(machine).transitions)


def test_nothing_to_resume_is_a_fresh_start(tmp_path: Path) -> None:
    assert explore(toys.jugs(), checkpoint=tmp_path / "new", resume=True).states == 16


def test_a_checkpoint_of_another_machine_is_refused(tmp_path: Path) -> None:
    explore(toys.cache(horizon=3), checkpoint=tmp_path)
    with pytest.raises(UserError, match="another machine"):
        explore(toys.cache(horizon=4), checkpoint=tmp_path, resume=True)


def test_a_damaged_checkpoint_is_a_user_error(tmp_path: Path) -> None:
    explore(toys.cache(), checkpoint=tmp_path)
    (tmp_path / "level-0000.npz").write_bytes(b"not an archive")
    with pytest.raises(UserError, match="cannot read"):
        explore(toys.cache(), checkpoint=tmp_path, resume=True)


class Planted:
    def __reduce__(self) -> Any:
        return (print, ("run",))


def test_tables_that_would_run_code_are_refused(tmp_path: Path) -> None:
    machine = toys.cache()
    explore(machine, checkpoint=tmp_path)
    (tmp_path / "tables.pickle").write_bytes(pickle.dumps([[Planted()]]))
    with pytest.raises(UserError, match="no part of a state"):
        Checkpoint(tmp_path, machine, Tables(machine)).read()


def test_checkpoints_need_numpy(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="need numpy"):
        explore(toys.jugs(), numpy=False, checkpoint=tmp_path)
