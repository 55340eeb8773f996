"""Tours visit everything, and shards share them out without rest."""

from pathlib import Path

import pytest

from pullproof.fuzzing.oracle import Oracle
from pullproof.fuzzing.sources import Proposals, Shard, Tours, digest
from pullproof.fuzzing.tours import Machine, tours
from pullproof.fuzzing.vocabulary import vocabulary
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup
from tests.fuzzing.setups import write_setup


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return write_setup(tmp_path, tokens=True)


@pytest.fixture
def machine(setup: Setup) -> Machine:
    return Machine(setup, vocabulary(setup, Oracle(setup).checks))


def test_all_tours_together_take_every_transition(machine: Machine) -> None:
    assert machine.transitions == len(machine.events) ** 2 > 100
    for scenario in tours(machine):
        machine.note(scenario)
    assert machine.visited == set(range(len(machine.events)))
    assert len(machine.taken) == machine.transitions


def test_every_event_comes_before_any_pair_is_repeated(machine: Machine) -> None:
    count = len(machine.events)
    seen = 0
    for scenario in tours(machine):
        if seen >= count:
            break
        machine.note(scenario)
        seen += len(scenario.execs)
    assert machine.visited == set(range(count))


@pytest.mark.parametrize("shards", [2, 3, 7])
def test_shards_are_disjoint_and_miss_nothing(machine: Machine, shards: int) -> None:
    whole = [digest(scenario) for scenario in tours(machine)]
    parts = [
        [digest(made.scenario) for made in Tours(machine, Shard(index, shards))]
        for index in range(shards)
    ]
    assert sorted(number for part in parts for number in part) == sorted(whole)


def test_proposals_are_shared_out_too(setup: Setup) -> None:
    checks = Oracle(setup).checks[:8]

    def first(shard: Shard, count: int) -> set[Scenario]:
        found: set[Scenario] = set()
        for made in Proposals(setup, checks, 0, shard):
            found.add(made.scenario)
            if len(found) == count:
                break
        return found

    whole = first(Shard(), 8)
    halves = [first(Shard(index, 2), 4) for index in range(2)]
    assert not halves[0] & halves[1]
    assert halves[0] | halves[1] <= first(Shard(), 30)
    assert len(whole) == 8


def test_each_mutation_belongs_to_exactly_one_shard(machine: Machine) -> None:
    for scenario in list(tours(machine))[:200]:
        owners = [index for index in range(5) if Shard(index, 5).owns(scenario)]
        assert len(owners) == 1


def test_parts_of_a_shard_are_shards_of_the_whole() -> None:
    parts = {Shard(i, 3).part(j, 2) for i in range(3) for j in range(2)}
    numbers = [next(p for p in parts if p.has(n)) for n in range(60)]
    assert len(parts) == 6
    assert {numbers.count(part) for part in parts} == {10}
    assert all(sum(part.has(n) for part in parts) == 1 for n in range(60))
    assert all(n % 3 == 1 for n in range(60) if Shard(1, 3).part(1, 2).has(n))
