"""Mutations stay scenarios: they can be saved, read back, and performed."""

import json
import random
from pathlib import Path

import pytest

from pullproof import schemas
from pullproof.adapters.edits import apply_edits
from pullproof.fuzzing.dictionary import Dictionary, words_of
from pullproof.fuzzing.mutate import MOST_STEPS, Mutator
from pullproof.fuzzing.oracle import Oracle
from pullproof.fuzzing.vocabulary import is_quick, vocabulary
from pullproof.model.request import Request, encode_request
from pullproof.model.scenario import PullStep, Scenario, from_json, to_json
from tests.fuzzing.setups import write_setup

API = "credentialprovider.kubelet.k8s.io/v1"


@pytest.fixture
def made(tmp_path: Path) -> list[Scenario]:
    setup = write_setup(tmp_path, tokens=True)
    words = vocabulary(setup, Oracle(setup).checks)
    mutator = Mutator(setup, words, Dictionary(["needle"]), random.Random(7))
    found = [mutator.fresh()]
    for _ in range(400):
        found.append(mutator.mutate(random.Random(len(found)).choice(found), found[-1]))
    return found


def test_they_survive_saving(made: list[Scenario]) -> None:
    for scenario in made:
        document = json.loads(json.dumps(to_json(scenario)))
        assert from_json(document) == scenario
        case: dict[str, object] = {"version": 1, "pullproof": "0", "kubernetes": "1.34", "seed": 0, "target": [],
                "rule": "", "message": "", "scenario": document}  # fmt: skip
        assert not list(schemas.violations("case", case))


def test_their_steps_are_few_named_once_and_refer_to_what_is_there(made: list[Scenario]) -> None:
    for scenario in made:
        names = [step.id for step in scenario.steps]
        assert len(names) == len(set(names)) <= MOST_STEPS
        assert scenario.execs
        for step in scenario.steps:
            assert not isinstance(step, PullStep) or step.exec in names


def test_their_edits_can_be_made(made: list[Scenario]) -> None:
    request = encode_request(Request("registry.example/app"), API)
    for scenario in made:
        for step in scenario.execs:
            apply_edits(request, step.edits)


def test_they_reach_what_a_bug_may_hide_behind(made: list[Scenario]) -> None:
    steps = [step for scenario in made for step in scenario.execs]
    assert any(("example.com/mode", "needle") in (step.annotations or ()) for step in steps)
    assert any(len(value) >= 4096 for step in steps for _, value in step.annotations or ())
    assert any(step.group for step in steps)
    assert len({step.token for step in steps}) > 8
    assert any(len(scenario.execs) > 2 for scenario in made)


def test_none_makes_a_correct_provider_wait_for_long(made: list[Scenario]) -> None:
    assert all(is_quick(scenario) for scenario in made)


def test_words_of_a_small_file_are_all_its_own() -> None:
    assert words_of(b"if mode == 'legacy-v2' then") == ["mode", "legacy-v2", "then"]


def test_in_a_large_binary_the_telling_words_come_first() -> None:
    filler = b" ".join(b"runtime.word%d" % n for n in range(40_000))
    found = words_of(filler + b" tenant-region-x " + filler)
    assert found[0] == "tenant-region-x"


def test_a_scripts_words_come_before_those_of_its_interpreter(tmp_path: Path) -> None:
    (tmp_path / "sh").write_bytes(b"\x7fELF" + b" ".join(b"word%d" % n for n in range(5000)))
    (tmp_path / "p.sh").write_text("legacy-blue")
    dictionary = Dictionary.of([str(tmp_path / "sh"), str(tmp_path / "p.sh")])
    draw = random.Random(1)
    assert len(dictionary) < 200
    assert "legacy-blue" in {dictionary.word(draw) for _ in range(100)}


def test_a_dictionary_learns_what_a_provider_says() -> None:
    dictionary = Dictionary()
    dictionary.learn("unknown mode 'blue-green'")
    draw = random.Random(1)
    assert "blue-green" in {dictionary.word(draw) for _ in range(200)}


def test_a_dictionary_learns_no_mark_of_what_was_masked() -> None:
    dictionary = Dictionary()
    dictionary.learn("sent <minted-password> to ${exchange.url}")
    assert len(dictionary) == 1


def test_a_dictionary_reads_programs_and_no_other_file_of_a_command_line(tmp_path: Path) -> None:
    script, key = tmp_path / "p.py", tmp_path / "key.json"
    script.write_text("mode = 'blue-green'")
    key.write_text('{"private_key_id": "s3cretword"}')
    key.chmod(0o600)
    assert len(Dictionary.of([str(key)])) == 0
    assert len(Dictionary.of([str(script), str(key)])) == len(Dictionary.of([str(script)])) > 0
