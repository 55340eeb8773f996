"""Watching the processes that a provider starts."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pullproof.adapters import processes
from pullproof.adapters.children import MAX_SEEN
from pullproof.adapters.invocation import Invocation
from pullproof.adapters.runner import Runner
from tests.helpers import nasty

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

ENV = (("PATH", "/usr/bin:/bin:" + os.path.dirname(sys.executable)),)


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner() as made:
        yield made


def invocation(cwd: Path, *argv: str, watch_children: bool = True) -> Invocation:
    return Invocation(argv, ENV, str(cwd), b"", deadline_s=20, watch_children=watch_children)


def test_arguments_and_environment_of_helpers_are_seen(runner: Runner, tmp_path: Path) -> None:
    helper = nasty.path("helper_with_secret.sh")
    outcome = runner.run(invocation(tmp_path, helper, "0.06", "0.0123456"))
    assert outcome.exit_code == 0
    assert ("sleep", "0.06", "0.0123456") in [child.argv for child in outcome.children]
    by_env = [child for child in outcome.children if "SECRET=0.0123456" in child.env]
    assert [child.argv for child in by_env] == [("sleep", "0.06")]


def test_the_provider_itself_is_not_its_child(runner: Runner, tmp_path: Path) -> None:
    helper = nasty.path("helper_with_secret.sh")
    outcome = runner.run(invocation(tmp_path, helper, "0.03", "0.0123456"))
    assert not any("helper_with_secret.sh" in " ".join(c.argv) for c in outcome.children)


def test_orphans_are_watched_too(runner: Runner, tmp_path: Path) -> None:
    argv = ("/bin/sh", "-c", "(setsid sleep 0.1234 & ) & sleep 0.1")
    outcome = runner.run(invocation(tmp_path, *argv))
    assert ("sleep", "0.1234") in [child.argv for child in outcome.children]


def test_nothing_is_sampled_unless_asked(runner: Runner, tmp_path: Path) -> None:
    helper = nasty.path("helper_with_secret.sh")
    outcome = runner.run(invocation(tmp_path, helper, "0.03", "0.01", watch_children=False))
    assert outcome.children == ()


def test_a_fork_bomb_does_not_fill_the_transcript(runner: Runner, tmp_path: Path) -> None:
    loop = "i=0; while [ $i -lt 400 ]; do sleep 0.5.$i 2>/dev/null; i=$((i+1)); done"
    outcome = runner.run(invocation(tmp_path, "/bin/sh", "-c", loop))
    assert len(outcome.children) <= MAX_SEEN


def test_seen_values_do_not_show_when_printed(runner: Runner, tmp_path: Path) -> None:
    helper = nasty.path("helper_with_secret.sh")
    outcome = runner.run(invocation(tmp_path, helper, "0.03", "0.0123456"))
    assert outcome.children
    assert "0.0123456" not in repr(outcome)


class TestProc:
    def test_a_command_name_with_parentheses_is_read(self, tmp_path: Path) -> None:
        os.symlink("/bin/sleep", tmp_path / "a) R 1 (b")
        pid = os.posix_spawn(str(tmp_path / "a) R 1 (b"), ["x", "30"], {})
        try:
            stat = processes.stat(pid)
            assert stat is not None
            assert stat.ppid == os.getpid()
            assert stat.session == os.getsid(0)
            assert pid in processes.descendants(os.getpid())
        finally:
            os.kill(pid, 9)
            os.waitpid(pid, 0)

    def test_a_process_that_is_not_there_is_nothing(self) -> None:
        pid = 2**22 + 1  # above the largest pid_max
        assert processes.stat(pid) is None
        assert processes.argv(pid) == ()
        assert processes.environ(pid) == ()
        assert processes.cwd(pid) == ""
        assert processes.children(pid) == ()

    def test_own_arguments_are_read(self) -> None:
        assert processes.argv(os.getpid())
        assert processes.cwd(os.getpid()) == os.getcwd()
        assert any(entry.startswith("PATH=") for entry in processes.environ(os.getpid()))
