"""The fast way to run a provider gives the same record as the patient one."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pullproof.adapters import processes
from pullproof.adapters.invocation import Caps, Invocation, Outcome
from pullproof.adapters.runner import Runner
from pullproof.adapters.sandbox import SandboxRoot
from pullproof.adapters.spawn import Spawner, can_spawn, suits
from pullproof.adapters.spawn_watch import SandboxWatch
from pullproof.model.scenario import Stdin
from pullproof.model.transcript import Ending

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not can_spawn(), reason="needs Linux with pidfds"),
]


@pytest.fixture
def spawner() -> Iterator[Spawner]:
    with Spawner(Caps(keep_bytes=64 * 1024, flood_bytes=1024 * 1024)) as made:
        yield made


def sh(
    script: str, *, stdin: bytes = b"{}\n", deadline_s: float = 10.0, cwd: str = "/tmp"
) -> Invocation:
    return Invocation(
        ("/bin/sh", "-c", script),
        (("PATH", "/usr/bin:/bin"), ("HOME", cwd), ("TMPDIR", cwd)),
        cwd,
        stdin,
        deadline_s=deadline_s,
    )


SAME = {
    "an answer": "cat; echo reason >&2",
    "a refusal": "echo no >&2; exit 3",
    "nothing": "exit 0",
    "a signal": "kill -TERM $$",
    "a core dump that is not written": "kill -SEGV $$",
    "a request nobody reads": "exec <&-; echo x",
    "much output": "head -c 200000 /dev/zero",
    "a child that is waited for": "sleep 0.01; echo done",
    "streams closed early": "exec >&- 2>&-; sleep 0.05",
}


@pytest.mark.rule("K-084")
@pytest.mark.parametrize("what", SAME)
def test_both_ways_record_the_same(what: str, spawner: Spawner) -> None:
    caps = Caps(keep_bytes=64 * 1024, flood_bytes=1024 * 1024)
    fast = spawner.run(sh(SAME[what]))
    with Runner(caps=caps) as runner:
        patient = runner.run(sh(SAME[what]))
    assert _told(fast) == _told(patient)


def _told(outcome: Outcome) -> tuple[object, ...]:
    return (
        outcome.ending, outcome.stdin, outcome.stdout, outcome.stderr, outcome.exit_code,
        outcome.signal, outcome.stdin_unread, outcome.left_behind, outcome.core_dumped,
        outcome.stdout_truncated, outcome.stderr_truncated, outcome.start_error,
    )  # fmt: skip


def test_a_request_larger_than_a_pipe_arrives_whole(spawner: Spawner) -> None:
    outcome = spawner.run(sh("wc -c", stdin=b"x" * 300_000))
    assert outcome.stdout.strip() == b"300000"
    assert outcome.stdin_unread == 0


def test_who_never_reads_a_large_request_is_not_waited_for(spawner: Spawner) -> None:
    outcome = spawner.run(sh("exit 0", stdin=b"x" * 300_000))
    assert outcome.ending is Ending.EXITED
    assert outcome.stdin_unread == 300_000


@pytest.mark.rule("K-082")
def test_the_deadline_ends_it_and_its_children(spawner: Spawner) -> None:
    started = time.monotonic()
    outcome = spawner.run(sh("sleep 60 & sleep 60", deadline_s=0.2))
    assert outcome.ending is Ending.TIMED_OUT
    assert 0.2 <= outcome.duration_s < 5
    assert time.monotonic() - started < 10
    assert not processes.adopted()


@pytest.mark.rule("K-082")
def test_a_child_that_holds_stdout_keeps_the_kubelet_waiting(spawner: Spawner) -> None:
    outcome = spawner.run(sh("sleep 60 & echo answer", deadline_s=0.5))
    assert outcome.ending is Ending.TIMED_OUT
    assert outcome.exit_after_s < outcome.duration_s
    assert outcome.stdout == b"answer\n"
    assert outcome.left_behind == 1
    assert not processes.adopted()


def test_a_daemon_in_a_session_of_its_own_is_counted_and_ended(spawner: Spawner) -> None:
    outcome = spawner.run(sh("setsid sleep 60 >/dev/null 2>&1 & sleep 0.1"))
    assert outcome.ending is Ending.EXITED
    assert outcome.left_behind == 1
    assert not processes.adopted()


def test_a_flood_is_stopped(spawner: Spawner) -> None:
    outcome = spawner.run(sh("yes", deadline_s=30))
    assert outcome.ending is Ending.TIMED_OUT
    assert outcome.duration_s < 15
    assert len(outcome.stdout) == 64 * 1024
    assert outcome.stdout_truncated


def test_asked_gently_a_provider_can_write_down_its_coverage(tmp_path: Path) -> None:
    script = f"trap 'echo covered > {tmp_path}/c; exit 0' TERM; while :; do sleep 0.01; done"
    with Spawner(gentle=True) as gentle:
        outcome = gentle.run(sh(script, deadline_s=0.3))
    assert outcome.ending is Ending.TIMED_OUT
    assert (tmp_path / "c").exists()
    with Spawner() as harsh:
        harsh.run(sh(script.replace("/c;", "/d;"), deadline_s=0.3))
    assert not (tmp_path / "d").exists()


def test_what_cannot_be_started_says_why_in_gos_words(spawner: Spawner) -> None:
    outcome = spawner.run(Invocation(("/nowhere/provider",), (), "/", b"{}"))
    assert outcome.ending is Ending.NOT_STARTED
    assert outcome.start_error == "fork/exec /nowhere/provider: no such file or directory"


def test_no_descriptor_is_left(spawner: Spawner) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    scripts = ("cat", "yes", "sleep 9 & exit 0", "exit 1")
    spawner.run(sh("cat"))
    before = count()
    for script in scripts:
        spawner.run(sh(script, deadline_s=0.2))
    spawner.run(sh("exit 0", stdin=b"x" * 200_000))
    spawner.run(Invocation(("/nowhere",), (), "/", b"{}"))
    assert count() == before


def test_chunks_and_watching_are_left_to_the_runner() -> None:
    plain = sh("cat")
    assert suits(plain)
    assert not suits(Invocation(plain.argv, (), "/", b"", Stdin.CHUNKED))
    assert not suits(Invocation(plain.argv, (), "/", b"", watch_children=True))


@pytest.mark.parametrize("part", ["home", "tmp", "cwd"])
def test_a_touched_sandbox_is_noticed_and_a_quiet_one_is_not(part: str, tmp_path: Path) -> None:
    watch = SandboxWatch()
    with SandboxRoot(tmp_path) as root:
        sandbox = root.new()
        watch.watch(sandbox)
        assert not watch.touched()
        Path(f"{sandbox.path}/{part}/file").write_text("x")
        assert watch.touched()
        assert not watch.touched()
        Path(f"{sandbox.path}/{part}/file").unlink()
        assert watch.touched()
    watch.close()
    assert watch.touched(), "who cannot watch must not promise anything"


CONFINED = """
import socket, subprocess, sys
from pathlib import Path
from pullproof.adapters.spawn_confine import Confinement, isolate_network, limit, restrict_files
inside, outside = Path(sys.argv[1]), Path(sys.argv[2])
parts = (isolate_network(), limit(), restrict_files([inside]))
print(Confinement(parts).describe())
print([part.name for part in parts if part.active])
for place in (inside, outside):
    done = subprocess.run(["/bin/sh", "-c", f"echo x > {place}/f"], stderr=subprocess.DEVNULL)
    print(place.name, done.returncode == 0)
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), 5).close()
print("loopback True")
try:
    socket.create_connection(("192.0.2.1", 80), 0.5)
except OSError as error:
    print("outside", type(error).__name__, error.errno)
"""


def test_a_confined_worker_writes_at_home_and_talks_to_itself(tmp_path: Path) -> None:
    for name in ("inside", "outside"):
        (tmp_path / name).mkdir()
    words = [sys.executable, "-c", CONFINED, str(tmp_path / "inside"), str(tmp_path / "outside")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    first, active, *rest = done.stdout.splitlines()
    assert first.count(": ") >= 3, "each part says what became of it"
    assert "inside True" in rest
    assert "loopback True" in rest
    if "'files'" in active:
        assert "outside False" in rest
    if "'network'" in active:
        assert any(line.startswith("outside OSError 101") for line in rest), rest
