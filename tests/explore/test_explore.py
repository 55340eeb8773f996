"""Counts, verdicts and traces of both engines against a naive search."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pullproof.explore import Exploration, Options, Status, Stop, explore
from pullproof.explore.traces import replay
from pullproof.model.machine import (
    Component,
    Effect,
    Event,
    LivenessProperty,
    Machine,
    Promise,
    StateProperty,
    View,
    effect,
)
from tests.explore import toys

MACHINES: dict[str, Callable[[], Machine]] = {
    "jugs": toys.jugs,
    "mutex": toys.mutex,
    "broken mutex": lambda: toys.mutex(broken=True),
    "three with tokens": lambda: toys.tokens(3),
    "four with tokens": lambda: toys.tokens(4),
    "unfair tokens": lambda: toys.tokens(4, fair=False),
    "cache": toys.cache,
    "late cache": lambda: toys.cache(late=True),
    "counters": lambda: toys.counters(4, 5, width=3),
    "three words": lambda: toys.counters(90, 2),
}
SMALL = [name for name in MACHINES if name != "three words"]
ENGINES = pytest.mark.parametrize("numpy", [False, True], ids=["plain", "numpy"])


def verdicts(exploration: Exploration) -> dict[str, tuple[Status, int | None]]:
    return {
        each.id: (each.status, None if each.trace is None else len(each.trace))
        for each in exploration.properties
    }


def steps(exploration: Exploration) -> dict[str, list[str]]:
    return {
        each.id: [step.event for step in each.trace.steps]
        for each in exploration.properties
        if each.trace is not None
    }


@ENGINES
@pytest.mark.parametrize("name", SMALL)
def test_counts_are_those_of_a_naive_search(name: str, numpy: bool) -> None:
    machine = MACHINES[name]()
    found = explore(machine, numpy=numpy, symmetry=False)
    assert (found.states, found.transitions, found.depth) == toys.naive(machine)
    assert found.stop is Stop.COMPLETE


@pytest.mark.parametrize("name", SMALL)
def test_both_engines_find_the_same_traces(name: str) -> None:
    machine = MACHINES[name]()
    plain, fast = (explore(machine, numpy=numpy, symmetry=False) for numpy in (False, True))
    assert steps(plain) == steps(fast)
    assert plain.event_counts == fast.event_counts
    assert plain.terminal == fast.terminal


@ENGINES
@pytest.mark.parametrize("name", SMALL)
def test_symmetry_changes_neither_verdicts_nor_trace_lengths(name: str, numpy: bool) -> None:
    machine = MACHINES[name]()
    full = explore(machine, numpy=numpy, symmetry=False)
    reduced = explore(machine, numpy=numpy)
    assert verdicts(full) == verdicts(reduced)
    assert reduced.unreduced == full.states
    assert reduced.depth == full.depth


def test_symmetry_counts_orbits_once() -> None:
    # Ways to hand out 0, 1 or 2 of 3 tokens to 3 people, order aside:
    # none, 1, 2, 1+1, 2+1, 1+1+1.
    assert explore(toys.tokens(3)).states == 6
    assert explore(toys.tokens(3)).permutations == 6


def test_symmetry_does_without_a_name_that_a_property_singles_out() -> None:
    assert explore(toys.tokens(4, fair=False)).permutations == 6
    assert explore(toys.tokens(4)).permutations == 24


@ENGINES
@pytest.mark.parametrize("name", SMALL)
def test_every_trace_can_be_executed_and_shows_what_it_says(name: str, numpy: bool) -> None:
    machine = MACHINES[name]()
    liveness = {"J-6", "J-7", "M-3"}
    for each in explore(machine, numpy=numpy).properties:
        if each.trace is None:
            continue
        again = replay(machine, each.trace)
        assert again.is_same
        if each.status is Status.VIOLATED and each.id not in liveness:
            assert each.id in again.violated


@ENGINES
def test_the_shortest_way_to_four_litres_has_six_steps(numpy: bool) -> None:
    found = explore(toys.jugs(), numpy=numpy)
    assert steps(found)["J-2"] == [
        "hand.fills(big)", "hand.pours(big,small)", "hand.empties(small)",
        "hand.pours(big,small)", "hand.fills(big)", "hand.pours(big,small)",
    ]  # fmt: skip
    assert found.result("J-4").status is Status.UNWITNESSED
    assert found.result("J-3").status is Status.HELD


@ENGINES
def test_bounded_liveness_is_about_the_number_of_steps(numpy: bool) -> None:
    found = explore(toys.jugs(), numpy=numpy)
    assert found.result("J-6").status is Status.HELD
    assert found.result("J-7").status is Status.VIOLATED


@ENGINES
def test_a_self_loop_is_no_goal(numpy: bool) -> None:
    stay = Event("stays()", "stays", (), ("a",), ("a",), (), lambda view: effect(a=view["a"]))
    never = LivenessProperty(
        "L-1", "it ends", (), ("a",), lambda view: view["a"] == 0, lambda view: view["a"] == 1,
        ("stays",), 3,
    )  # fmt: skip
    machine = Machine("still", (Component("a", 0, ""),), (stay,), (never,))
    assert verdicts(explore(machine, numpy=numpy)) == {"L-1": (Status.VIOLATED, 0)}


def test_states_of_several_words_are_kept_apart() -> None:
    # 90 counters, two bits each: three words; depth-limited, so 1 + 90 + C(90, 2) states.
    found = explore(MACHINES["three words"](), limit_depth=2, numpy=True)
    assert (found.words, found.states, found.stop) == (3, 1 + 90 + 90 * 89 // 2, Stop.DEPTH)


@ENGINES
def test_values_that_keep_coming_widen_their_fields(numpy: bool) -> None:
    found = explore(toys.counters(2, 300), numpy=numpy)
    assert found.states == 300 * 300
    assert found.depth == 2 * 299


@pytest.mark.parametrize("limit", [10, 1000])
def test_a_limit_stops_both_engines_at_the_same_state(limit: int) -> None:
    machine = toys.counters(4, 12)
    plain, fast = (explore(machine, numpy=n, limit_states=limit) for n in (False, True))
    assert plain.stop is fast.stop is Stop.LIMIT
    assert limit <= plain.states == fast.states < 12**4
    assert plain.transitions == fast.transitions


def test_memory_stops_before_it_is_taken() -> None:
    found = explore(toys.counters(4, 12), memory_bytes=1)
    assert found.stop is Stop.MEMORY
    assert not found.is_complete


@ENGINES
def test_an_interrupt_ends_with_what_there_is(numpy: bool) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    found = explore(toys.jugs(), Options(numpy=numpy), interrupt)
    assert found.stop is Stop.INTERRUPTED
    assert found.states > 1


def test_stopping_at_a_violation_leaves_the_shortest_trace() -> None:
    full, early = (explore(toys.jugs(), stop_on=s) for s in (None, frozenset({"J-2"})))
    assert early.stop is Stop.VIOLATION
    assert steps(early)["J-2"] == steps(full)["J-2"]
    assert early.states <= full.states
    held = explore(toys.jugs(), stop_on=frozenset({"J-1", "J-3"}))
    assert held.stop is Stop.COMPLETE, "a witness stops nothing"


def test_only_the_wanted_properties_are_looked_at() -> None:
    found = explore(toys.jugs(), only=frozenset({"J-3"}))
    assert [each.id for each in found.properties] == ["J-3"]


def test_kinds_that_never_happen_are_counted_as_such() -> None:
    never = Event("never()", "never", (), (), (), (), lambda _: None)
    machine = toys.jugs()
    found = explore(replace(machine, events=(*machine.events, never)))
    assert found.event_counts["never"] == 0
    assert sum(found.event_counts.values()) == found.transitions


@ENGINES
def test_reads_that_are_never_asked_for_are_named(numpy: bool) -> None:
    found = explore(toys.counters(3, 3, width=2), numpy=numpy)
    assert found.reads == {"up(0)": ("c1",), "up(1)": ("c2",), "up(2)": ("c0",)}
    assert found.worked_out == 3 * 3 * 2, "each event once per value of its own counter"


@ENGINES
def test_an_undeclared_write_is_an_error(numpy: bool) -> None:
    def write(_: View) -> Effect:
        return effect(b=1)

    event = Event("writes()", "writes", (), ("a",), ("a",), (), write)
    components = (Component("a", 0, ""), Component("b", 0, ""))
    with pytest.raises(AssertionError, match="without declaring"):
        explore(Machine("wrong", components, (event,), ()), numpy=numpy)


@ENGINES
def test_an_undeclared_read_is_an_error(numpy: bool) -> None:
    def read(view: View) -> Effect:
        return effect(a=view["b"])

    event = Event("reads()", "reads", (), ("a",), ("a",), (), read)
    components = (Component("a", 0, ""), Component("b", 0, ""))
    with pytest.raises(KeyError):
        explore(Machine("wrong", components, (event,), ()), numpy=numpy)


@ENGINES
def test_a_state_property_is_judged_in_the_first_state(numpy: bool) -> None:
    wrong = StateProperty("X-1", Promise.ALWAYS, "", (), ("big",), lambda v: v["big"] != 0)
    found = explore(replace(toys.jugs(), properties=(wrong,)), numpy=numpy)
    assert verdicts(found) == {"X-1": (Status.VIOLATED, 0)}
