"""What one loop learns, and when a campaign is no success."""

from dataclasses import replace
from pathlib import Path

from pullproof.engine.canary import play
from pullproof.fuzzing.campaign import Result, Status
from pullproof.fuzzing.feedback.novelty import Novelty
from pullproof.fuzzing.loop import Loop, Progress
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup
from pullproof.model.transcript import Minted, Transcript
from tests.fuzzing.setups import write_setup

PASSWORD = "pw-Of-One-Workload"


class Gossip:
    """Performs nothing, and has each exec say a word and a password on stderr."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def perform(self, scenario: Scenario) -> Transcript:
        said = f"mode blue-green, password {PASSWORD}".encode()
        made = play(self._setup, scenario, b"{}", said, 1)
        return replace(made, minted=(Minted("id", "", "u", PASSWORD, "sub", None, True, ()),))


def test_a_loop_learns_words_and_no_secret(tmp_path: Path) -> None:
    setup = write_setup(tmp_path)
    loop = Loop(setup, Gossip(setup), Novelty(setup))
    known = len(loop.dictionary)
    for _ in range(20):
        list(loop.step())
    assert len(loop.dictionary) > known
    assert "blue-green" in loop.dictionary
    assert PASSWORD not in loop.dictionary


def test_a_suspicion_that_nobody_proved_leaves_a_campaign_undecided() -> None:
    done = Status(progress=Progress(execs=9, runs=9))
    assert Result(done, (), (), False, ()).exit_code() == 0
    assert Result(replace(done, proving=1), (), (), False, ()).exit_code() == 3
