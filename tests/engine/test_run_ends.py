"""However a run ends, it ends in time and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pullproof.engine.events import Event, ScenarioJudged
from pullproof.engine.options import Options
from pullproof.engine.result import RunResult, Status
from pullproof.engine.run import run
from tests.engine.fakes import FakeSession, ProcessSession, make_setup, source

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

FAST = Options(jobs=1, canary=False)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that takes all temporary files of the run."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def processes_with(text: str) -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, IndexError):
            continue
        if entry.name != str(os.getpid()) and text.encode() in line and state not in "ZX":
            found.append(int(entry.name))
    return found


def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def timed(options: Options) -> tuple[RunResult, float]:
    started = time.monotonic()
    result = run(make_setup(), options, catalogue=source("slow"), session_factory=FakeSession)
    return result, time.monotonic() - started


def test_a_budget_ends_the_run_long_before_its_providers_would(temporary: Path) -> None:
    result, seconds = timed(replace(FAST, budget_s=3.0))
    # How exactly it is kept is measured in benchmarks/, where nothing else runs.
    assert 2.8 <= seconds <= 10
    assert result.over_budget
    assert {item.check: item.status for item in result.checks} == {
        "A01": Status.PASSED,
        "A02": Status.PASSED,
        "I01": Status.SKIPPED,
    }
    assert result.checks[1].reason == "budget"
    assert list(temporary.iterdir()) == []


def test_a_budget_that_is_not_used_up_changes_nothing() -> None:
    options = replace(FAST, budget_s=30.0, checks=("A01", "A02"))
    result, seconds = timed(options)
    assert not result.over_budget
    assert result.exit_code() == 0
    assert seconds < 10


def test_ctrl_c_returns_what_is_known_so_far(temporary: Path) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, ScenarioJudged) and event.check == "A02" and event.example == 1:
            raise KeyboardInterrupt

    result = run(
        make_setup(), FAST, interrupt, catalogue=source("slow"), session_factory=FakeSession
    )
    found = {item.check: item for item in result.checks}
    assert result.interrupted
    assert result.exit_code() == 3
    assert found["A01"].status is Status.PASSED
    assert found["I01"].reason == "interrupted"
    assert list(temporary.iterdir()) == []


def test_a_listener_that_raises_leaves_nothing_behind(temporary: Path) -> None:
    def fail(event: Event) -> None:
        if type(event) is ScenarioJudged:
            raise RuntimeError("listener")

    with pytest.raises(RuntimeError, match="listener"):
        run(make_setup(), FAST, fail, catalogue=source("slow"), session_factory=FakeSession)
    assert list(temporary.iterdir()) == []
    assert processes_with(str(temporary)) == []


def test_the_end_of_the_budget_ends_providers_too(temporary: Path, tmp_path: Path) -> None:
    marker = f"pullproof-marker-{os.getpid()}-budget"
    env = (("MARKER", marker), ("STARTED", str(tmp_path.parent / "started-budget")))
    result = run(
        make_setup(base_env=env),
        replace(FAST, budget_s=2.0),
        catalogue=source("good"),
        session_factory=ProcessSession,
    )
    assert Path(env[1][1]).exists(), "no provider was started"
    assert result.over_budget
    assert eventually(lambda: processes_with(marker) == [])
    assert list(temporary.iterdir()) == []


SCRIPT = """
import sys, tempfile
from pullproof.engine.options import Options
from pullproof.engine.run import run
from tests.engine.fakes import ProcessSession, make_setup, source

tempfile.tempdir = sys.argv[1]
setup = make_setup(base_env=(("MARKER", sys.argv[2]), ("STARTED", sys.argv[3])))
run(setup, Options(jobs=2, canary=False), catalogue=source("good"), session_factory=ProcessSession)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_death_of_the_parent_ends_workers_and_providers(
    number: signal.Signals, tmp_path: Path
) -> None:
    marker = f"pullproof-marker-{os.getpid()}-{number.name}"
    files, started = tmp_path / "files", tmp_path / "started"
    files.mkdir()
    root = Path(__file__).resolve().parents[2]
    parent = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(files), marker, str(started)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.DEVNULL,
    )
    try:
        assert eventually(started.exists, 10)
        parent.send_signal(number)
        parent.wait(10)
        assert eventually(lambda: processes_with(marker) == [])
        assert eventually(lambda: list(files.iterdir()) == [])
    finally:
        parent.kill()
        parent.wait()
