"""Feedback: what a binary tells of itself, and what can be seen from outside."""

import os
import shutil
import struct
import subprocess
import sys
from array import array
from dataclasses import replace
from pathlib import Path

import pytest

from pullproof.engine.canary import play
from pullproof.fuzzing.feedback.base import Together, bucket, space_of
from pullproof.fuzzing.feedback.choose import choose
from pullproof.fuzzing.feedback.gocover import (
    GoCoverage,
    NotCoverage,
    features,
    read_counters,
    read_packages,
)
from pullproof.fuzzing.feedback.novelty import Novelty, template
from pullproof.fuzzing.feedback.pycover import INJECT, PythonCoverage
from pullproof.fuzzing.queue import Entry, Queue
from pullproof.model.scenario import ExecStep, Scenario
from pullproof.model.setup import Setup
from pullproof.model.transcript import Transcript
from tests.fuzzing.setups import write_setup

SCENARIO = Scenario("A00", (ExecStep("one", "registry.example/team-a/app"),))
GO = """package main
import "os"
func spoken(word string) bool { if word == "loud" { return true }; return false }
func main() {
	for i := 0; i < len(os.Args); i++ { if spoken(os.Args[i]) { os.Stdout.WriteString("!") } }
}
"""


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return write_setup(tmp_path)


def counter_file(arguments: bytes, *functions: tuple[int, ...]) -> bytes:
    """Write a file as Go's runtime does: (package, function, counters...)."""
    body = b"".join(
        struct.pack(f"<III{len(counts)}I", len(counts), package, function, *counts)
        for package, function, *counts in functions
    )
    tables = b"\x01\x01x" + arguments
    tables += b"\0" * (-(16 + len(tables)) % 4)
    sizes = struct.pack("<QII", len(functions), 3, len(tables) - 3)
    head = b"\0cwm" + struct.pack("<I", 1) + b"h" * 16 + bytes([1, 0]) + b"\0" * 6
    return head + sizes + tables + body + b"\0cwm" + b"\0" * 4 + struct.pack("<II", 1, 0)


def test_counters_are_read_and_arguments_are_not() -> None:
    one = read_counters(counter_file(b"argv1=a", (0, 3, 1, 0, 7)))
    assert [(item.package, item.function, item.counts) for item in one] == [(0, 3, (1, 0, 7))]
    assert features(one) == features(read_counters(counter_file(b"argv1=bcd", (0, 3, 1, 0, 7))))


def test_a_count_of_another_order_is_another_feature() -> None:
    few, many = (read_counters(counter_file(b"", (0, 0, n))) for n in (1, 50))
    assert features(few) != features(many)
    assert [bucket(n) for n in (0, 1, 2, 3, 4, 7, 8, 15, 16)] == [0, 1, 2, 3, 4, 4, 5, 5, 6]


@pytest.mark.parametrize("cut", [0, 3, 31, 40, 80])
def test_what_is_cut_off_is_no_coverage(cut: int) -> None:
    with pytest.raises(NotCoverage):
        read_counters(counter_file(b"argv1=a", (0, 3, *range(40)))[:cut])


@pytest.mark.process
@pytest.mark.skipif(shutil.which("go") is None, reason="needs go")
def test_a_real_go_binary_is_read(tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text(GO)
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.19\n")
    env = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
    built = subprocess.run(
        ["go", "build", "-cover", "-o", "p", "."],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        check=False,
    )
    if built.returncode:
        pytest.skip("this go cannot build it")
    coverage = GoCoverage(tmp_path / "cover")

    def run(*words: str) -> frozenset[int]:
        subprocess.run([tmp_path / "p", *words], env=dict(coverage.env), check=True)
        return coverage.collect(play_nothing())

    quiet, other, loud = run("quiet"), run("other"), run("loud")
    assert quiet == other
    assert loud > quiet or loud - quiet
    assert coverage.collect(play_nothing()) == frozenset(), "what was read is gone"
    (meta,) = (tmp_path / "cover").glob("covmeta.*")
    assert read_packages(meta.read_bytes()) == (("example.com/p", 2),)


def play_nothing() -> Transcript:
    return Transcript(SCENARIO, ())


@pytest.mark.process
def test_a_python_provider_tells_its_lines(tmp_path: Path) -> None:
    script = tmp_path / "p.py"
    script.write_text(
        "import json, os, sys\n"
        "def loud():\n    print('!')\n"
        "if sys.argv[1:] == ['loud']:\n    loud()\n"
        "print('PULLPROOF_COVER' in os.environ, 'PYTHONPATH' in os.environ)\n"
    )
    coverage = PythonCoverage(tmp_path / "cover")

    def run(*words: str) -> tuple[frozenset[int], str]:
        done = subprocess.run(
            [sys.executable, script, *words],
            env=dict(coverage.env),
            check=True,
            capture_output=True,
            text=True,
        )
        return coverage.collect(play_nothing()), done.stdout

    (quiet, said), (again, _), (loud, _) = run(), run(), run("loud")
    assert quiet == again
    assert len(loud - quiet) >= 2
    assert said == "False False\n", "it leaves no trace for children"
    assert {space_of(number) for number in loud} == {3}


def test_half_a_file_of_lines_is_no_accident(tmp_path: Path) -> None:
    coverage = PythonCoverage(tmp_path)
    (tmp_path / "py.1").write_bytes(array("I", [1, 2]).tobytes() + b"x")
    assert coverage.collect(play_nothing()) == frozenset()
    assert INJECT.is_dir()


def seen(setup: Setup, stdout: bytes, stderr: bytes = b"", status: int = 0) -> frozenset[int]:
    return Novelty(setup).collect(play(setup, SCENARIO, stdout, stderr, status))


def test_values_are_not_new_but_shapes_are(setup: Setup) -> None:
    one = seen(setup, b'{"auth":{"a.example":{"password":"one"}}}')
    assert one == seen(setup, b'{"auth":{"b.example":{"password":"another"}}}')
    assert one != seen(setup, b'{"auth":{"*.example":{"password":"one"}}}')
    assert one != seen(setup, b'{"auth":{"a.example":{"username":"one"}}}')
    assert one != seen(setup, b"no JSON")


def test_numbers_and_quoted_words_on_stderr_are_not_new(setup: Setup) -> None:
    assert template(b"12:03 no 'x'") == template(b"12:04 no 'y'") != template(b"12:04 yes 'y'")
    assert seen(setup, b"", b"no 'x'", 1) == seen(setup, b"", b"no 'y'", 1)
    assert seen(setup, b"", b"no 'x'", 1) != seen(setup, b"", b"no 'x'", 2)


def test_a_provider_without_coverage_gets_novelty(setup: Setup, tmp_path: Path) -> None:
    choice = choose(setup, tmp_path / "cover", lambda _: play_nothing())
    assert choice.feedback.name == "novelty"
    assert choice.setup == setup


def test_a_provider_with_coverage_gets_both(setup: Setup, tmp_path: Path) -> None:
    def perform(trial: Setup) -> Transcript:
        place = dict(trial.base_env).get("GOCOVERDIR")
        if place:
            (Path(place) / "covcounters.x.1.2").write_bytes(counter_file(b"", (0, 0, 1)))
        return play_nothing()

    choice = choose(setup, tmp_path / "cover", perform)
    assert isinstance(choice.feedback, Together)
    assert choice.feedback.name == "go+novelty"
    assert "GOCOVERDIR" in dict(choice.setup.base_env)
    assert choose(setup, tmp_path / "c", perform, coverage=False).feedback.name == "novelty"


def test_what_does_not_come_again_lowers_stability_and_is_never_new() -> None:
    queue = Queue()
    assert queue.stability == 1.0
    assert queue.new(frozenset({1, 2})) == {1, 2}
    queue.looked_again(frozenset({1, 2}), frozenset({1, 3}))
    assert queue.stability == pytest.approx(1 / 3)
    assert queue.new(frozenset({3})) == frozenset()
    assert queue.new(frozenset({4})) == {4}


def test_rare_and_quick_entries_promise_more() -> None:
    queue = Queue()
    common, rare = frozenset({1}), frozenset({2})
    for _ in range(50):
        queue.new(common)
    queue.new(rare)
    plain = Entry(SCENARIO, common, 0.01)
    assert queue.promise(Entry(SCENARIO, rare, 0.01)) > queue.promise(plain)
    assert queue.promise(Entry(SCENARIO, rare, 1.0)) < queue.promise(Entry(SCENARIO, rare, 0.01))
    tired = replace(plain)
    tired.turns = 20
    assert queue.promise(tired) < queue.promise(plain)
    assert queue.energy(tired) < queue.energy(plain)
