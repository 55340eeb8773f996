"""Examples that one CI machine found are tried first on the next: docs/fuzzing.md, run."""

import contextlib
import importlib.util
import re
import runpy
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pullproof.fuzz.targets.support.listing import FOLDER

DOCUMENT = FOLDER.parent.parent / "docs" / "fuzzing.md"
_SERVER = shutil.which("redis-server") or ""
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not _SERVER, reason="redis-server is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("redis") is None, reason="the package redis is not installed"
    ),
]


@pytest.fixture(name="url", scope="module")
def _url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    folder = tmp_path_factory.mktemp("redis")
    with subprocess.Popen([_SERVER, *words], cwd=folder, stdout=subprocess.DEVNULL) as server:
        try:
            _wait(port)
            yield f"redis://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    pytest.fail("redis-server does not answer")


@pytest.fixture(name="machine")
def _machine(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Be a machine with a working folder of its own and the conftest of the document."""
    monkeypatch.setenv("EXAMPLES_URL", url)
    monkeypatch.chdir(tmp_path)
    _be_another(tmp_path / "first", monkeypatch)
    yield tmp_path
    settings.load_profile("pullproof")


def _be_another(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    monkeypatch.chdir(folder)
    (code,) = re.findall(r"```python\n(import os\n.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    conftest = folder / "conftest.py"
    conftest.write_text(code)
    runpy.run_path(str(conftest))


def _tried(profile: str, bug: int) -> list[int]:
    """Run a property with a rare bug; return all that was tried."""
    tried: list[int] = []
    quick = settings(
        settings.get_profile(profile),
        max_examples=2000,
        deadline=None,
        derandomize=False,
        suppress_health_check=[HealthCheck.too_slow],
    )

    @quick
    @given(st.integers(0, 100_000))
    def holds(number: int) -> None:
        tried.append(number)
        assert number < bug

    _named(holds, bug)
    with pytest.raises(AssertionError):
        holds()
    return tried


def _named(test: Any, bug: int) -> None:
    """Let runs with one bug be runs of one test: examples are kept by a test's name."""
    test.hypothesis.inner_test.__qualname__ = f"holds_{bug}"


def test_what_one_machine_found_another_tries_first(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _tried("ci", 50_001)
    _be_another(machine / "second", monkeypatch)
    second = _tried("ci", 50_001)
    assert first[0] < 50_001
    assert second[0] >= 50_001, "the shared example came first"
    assert len(second) < len(first)


def test_a_laptop_reads_and_leaves_the_shared_examples_alone(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _tried("laptop", 60_001)
    _be_another(machine / "second", monkeypatch)
    assert _tried("laptop", 60_001)[0] < 60_001, "nothing was shared"
    _be_another(machine / "third", monkeypatch)
    _tried("ci", 60_001)
    _be_another(machine / "fourth", monkeypatch)
    assert _tried("laptop", 60_001)[0] >= 60_001, "the laptop reads"
