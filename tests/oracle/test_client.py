"""The conversation with an oracle, tried with one that is none."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pullproof.oracle.client import Oracle, OracleDied, OracleRefused
from pullproof.oracle.releases import OracleUnavailable

FAKE = (sys.executable, "-S", "-E", str(Path(__file__).with_name("fake_oracle.py")))


@pytest.fixture
def oracle() -> Iterator[Oracle]:
    with Oracle(34, command=FAKE, gates={"A": True, "B": False}) as started:
        yield started


def test_answers_come_in_the_order_of_their_inputs(oracle: Oracle) -> None:
    inputs = [{"number": number} for number in range(1000)]
    assert oracle.ask("echo", inputs) == inputs


def test_a_request_and_an_answer_of_megabytes_go_through(oracle: Oracle) -> None:
    inputs = [{"text": "x" * 3_000_000}]
    assert oracle.ask("echo", inputs) == inputs


def test_no_inputs_make_no_answers(oracle: Oracle) -> None:
    assert oracle.ask("echo", []) == []


def test_something_else_can_be_done_while_the_oracle_works(oracle: Oracle) -> None:
    oracle.send("echo", [{"a": 1}])
    assert oracle.receive() == [{"a": 1}]


def test_one_request_at_a_time(oracle: Oracle) -> None:
    oracle.send("echo", [])
    with pytest.raises(ValueError, match="still to be received"):
        oracle.send("echo", [])


def test_the_oracle_is_told_to_serve_and_its_gates(oracle: Oracle) -> None:
    (environment,) = oracle.ask("environment", [{}])
    assert environment == {"PULLPROOF_ORACLE": "1", "PULLPROOF_ORACLE_GATES": "A=true,B=false"}


def test_a_refused_request_ends_nothing(oracle: Oracle) -> None:
    with pytest.raises(OracleRefused, match="no such op"):
        oracle.ask("refuse", [])
    assert oracle.ask("echo", [{"a": 1}]) == [{"a": 1}]


def test_what_a_dying_oracle_said_is_told(oracle: Oracle) -> None:
    with pytest.raises(OracleDied, match=r"(?s)the oracle ended.*the last words"):
        oracle.ask("die", [])


@pytest.mark.parametrize("op", ["other-id", "nonsense"])
def test_an_answer_that_is_none_is_no_answer(oracle: Oracle, op: str) -> None:
    with pytest.raises(OracleDied):
        oracle.ask(op, [])


def test_an_oracle_that_hangs_is_given_up() -> None:
    with (
        Oracle(34, command=FAKE, timeout_s=0.5) as oracle,
        pytest.raises(OracleDied, match=r"did not answer within 0\.5 s"),
    ):
        oracle.ask("hang", [])


def test_a_program_that_says_nothing_is_no_oracle() -> None:
    with pytest.raises(OracleDied, match="the oracle ended"):
        Oracle(34, command=("/bin/sh", "-c", "exit 0"))


def test_an_oracle_that_is_not_built_says_how_to_build_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULLPROOF_CACHE", str(tmp_path))
    with pytest.raises(OracleUnavailable, match=r"pullproof\.oracle\.build --minor 1\.34"):
        Oracle(34)
