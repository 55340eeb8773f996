"""Whole campaigns: they find what is wrong, nothing else, and leave nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pullproof import schemas
from pullproof.engine.replay import replay
from pullproof.fuzzing.campaign import Campaign, Plan, Result
from pullproof.fuzzing.sources import Shard
from pullproof.fuzzing.store import Store
from pullproof.model.scenario import from_json
from pullproof.model.setup import Setup
from tests.fuzzing.setups import write_setup

pytestmark = [pytest.mark.process, pytest.mark.slow]

BUGS = {
    "writes a member the kubelet does not know": """answer="${answer%\\}},\\"debug\\":true}"
""",
    "breaks on a mode that only its own text knows": """case $request in
*'"example.com/mode":"legacy-blue"'*) answer='{"kind":';;
esac
""",
    "breaks on the second call on a node": """
if [ -e "$HOME/.called" ]; then answer='{}'; fi
: > "$HOME/.called"
""",
    "breaks on a long annotation": """[ ${#request} -lt 4000 ] || answer='{"kind":1}'
""",
}


def campaign(setup: Setup, corpus: Path, plan: Plan) -> Result:
    with Campaign(setup, plan, Store(corpus), ()) as made:
        return made.run()


@pytest.mark.parametrize("bug", BUGS)
def test_it_finds_what_is_wrong_and_saves_a_case_that_fails_again(bug: str, tmp_path: Path) -> None:
    setup = write_setup(tmp_path, BUGS[bug], tokens=True)
    corpus = tmp_path / "corpus"
    result = campaign(setup, corpus, Plan(time_s=60, jobs=1, until_finding=True))
    assert result.exit_code(strict=True) == 1, result
    case = json.loads(Store(corpus).cases("findings")[0].read_text())
    assert not list(schemas.violations("case", case))
    scenario = from_json(case["scenario"])
    again = replay(setup, scenario, case["seed"], 1, check=scenario.check)
    assert again.still_fails
    assert again.verdict.rule == case["rule"]
    assert not Store(corpus).cases("suspects") or result.status.proving


def test_it_finds_nothing_wrong_with_a_correct_provider_and_goes_on_where_it_was(
    tmp_path: Path,
) -> None:
    setup = write_setup(tmp_path, tokens=True)
    corpus = tmp_path / "corpus"
    first = campaign(setup, corpus, Plan(execs=400, time_s=60, jobs=2))
    assert (first.findings, first.flaky, first.errors) == ((), (), ())
    assert first.exit_code() == 0
    assert first.status.progress.execs >= 200
    assert first.status.corpus > 5
    assert 0.9 <= first.status.progress.stability <= 1
    kept = {item.id for item in Store(corpus).scenarios()}
    second = campaign(setup, corpus, Plan(execs=60, time_s=60, jobs=1))
    assert second.status.corpus >= len(kept)
    assert kept <= {item.id for item in Store(corpus).scenarios()}
    assert second.exit_code() == 0


def test_a_failure_that_does_not_come_back_is_flaky_and_no_finding(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    # Wrong only while the flag is there, which the first wrong answer removes.
    fault = f"""if [ -e {flag} ]; then rm -f {flag}; answer='{{}}'; fi\n"""
    setup = write_setup(tmp_path, fault)
    flag.touch()
    plan = Plan(execs=40, time_s=30, jobs=1, coverage=False, confine=False)
    result = campaign(setup, tmp_path / "corpus", plan)
    assert result.findings == ()
    assert result.flaky
    assert {item.failures for item in result.flaky} == {0}
    assert result.exit_code() == 3
    assert Store(tmp_path / "corpus").cases("flaky")


def test_a_provider_that_kills_its_parent_does_not_end_the_campaign(tmp_path: Path) -> None:
    setup = write_setup(tmp_path, "kill -KILL $PPID\n")
    result = campaign(setup, tmp_path / "corpus", Plan(time_s=8, jobs=1))
    assert result.errors or result.flaky or result.findings
    assert _processes(str(tmp_path)) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_no_process_and_a_corpus(how: int, tmp_path: Path) -> None:
    write_setup(tmp_path, "sleep 0.05\n")
    words = [
        sys.executable, "-m", "pullproof", "fuzz", "--settings", str(tmp_path / "pullproof.toml"),
        "--corpus", str(tmp_path / "corpus"), "--jobs", "2",
    ]  # fmt: skip
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while time.monotonic() < until and not list((tmp_path / "corpus" / "queue").glob("*.json")):
        time.sleep(0.1)
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 3, (out, err)
    assert "execs" in out
    assert list(Store(tmp_path / "corpus").scenarios())
    assert _processes(str(tmp_path)) == []


def test_shards_of_one_seed_make_different_scenarios(tmp_path: Path) -> None:
    setup = write_setup(tmp_path, tokens=True)
    kept: list[set[str]] = []
    for index in range(2):
        corpus = tmp_path / f"corpus-{index}"
        plan = Plan(execs=80, time_s=40, jobs=1, shard=Shard(index, 2))
        assert campaign(setup, corpus, plan).exit_code() == 0
        kept.append({item.id for item in Store(corpus).scenarios()})
    assert kept[0]
    assert kept[1]
    assert not kept[0] & kept[1]


def _processes(mark: str) -> list[str]:
    """Return the command lines of living processes that name `mark`."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            text = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if mark in text and int(entry.name) != os.getpid():
            found.append(text)
    return found
