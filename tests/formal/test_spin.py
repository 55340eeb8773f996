"""Both halves together: they agree, and a planted difference is seen."""

import shutil
from dataclasses import replace

import pytest

from pullproof.explore import spin
from pullproof.model.protocol.core import build_core
from pullproof.model.protocol.core_params import CoreParams, Mistake

MISSING = spin.missing_tools()
needs_spin = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
pytestmark = pytest.mark.process


def listed(lines: list[str]) -> dict[str, str]:
    return {line.split()[1]: line for line in lines[1:-1]}


@needs_spin
def test_spin_finds_the_same_states_and_the_same_verdicts() -> None:
    lines: list[str] = []
    names = ("identities", "nil-source", "expiry-early")
    assert spin.second_opinion(names, lines.append) == 0
    rows = listed(lines)
    assert set(rows) == set(names)
    assert all(" yes " in row for row in rows.values())
    assert rows["nil-source"].endswith("I-25 / I-25")
    assert rows["identities"].endswith("held / held")


@needs_spin
def test_a_mistake_on_one_side_only_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(params: CoreParams) -> object:
        return build_core(replace(params, mistake=Mistake.KEY_WITHOUT_UID))

    monkeypatch.setattr(spin, "build_core", mistaken)
    lines: list[str] = []
    assert spin.second_opinion(["identities"], lines.append) == 1
    assert " NO " in lines[1]
    assert lines[1].endswith("I-05 / held")


@needs_spin
def test_a_cache_without_enough_room_is_an_error_not_a_number() -> None:
    params = CoreParams("narrow", images=(0, 0, 0), horizon=0, slots=2)
    with pytest.raises(spin.SpinError, match="assertion"):
        spin.spins_opinion(params)


@needs_spin
def test_a_search_that_is_too_deep_at_first_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spin, "FIRST_DEPTH", 3)
    params = CoreParams("short", horizon=1)
    ours = spin.our_opinion(build_core(params))
    theirs = spin.spins_opinion(params)
    assert (ours.states, ours.transitions) == (theirs.states, theirs.transitions)


def test_without_spin_it_says_so_and_is_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(name: str) -> None:
        return None

    monkeypatch.setattr(shutil, "which", nothing)
    assert spin.main([]) == 0
    out = capsys.readouterr().out
    assert out.startswith("skipped: spin and a C compiler")
    assert out.count("\n") == 1


@needs_spin
def test_an_unknown_name_is_an_error() -> None:
    lines: list[str] = []
    assert spin.second_opinion(["nowhere"], lines.append) == 2
    assert lines == ["nothing is called nowhere"]
