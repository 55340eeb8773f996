"""The runner against providers that behave badly: right record, no leftovers."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pullproof.adapters import limits
from pullproof.adapters.invocation import (
    Cancelled,
    Caps,
    Invocation,
    Outcome,
    executed_env,
)
from pullproof.adapters.launchers import PopenLauncher, SpawnLauncher
from pullproof.adapters.runner import Runner, run
from pullproof.model.scenario import Stdin
from pullproof.model.transcript import Ending
from tests.helpers import nasty

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

PATH = ("PATH", "/usr/bin:/bin:" + os.path.dirname(sys.executable))
KIB = 1024

Start = Callable[..., Outcome]


@pytest.fixture
def traces() -> Iterator[nasty.Traces]:
    traces = nasty.Traces()
    yield traces
    assert traces.are_gone()


@pytest.fixture(params=["fast", "portable"])
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    fast = request.param == "fast"
    with Runner(SpawnLauncher() if fast else PopenLauncher(), use_pidfd=fast) as made:
        yield made


@pytest.fixture
def start(runner: Runner, traces: nasty.Traces, tmp_path: Path) -> Start:
    def call(name: str, *args: str, stdin: bytes = b"{}\n", **options: object) -> Outcome:
        return runner.run(invocation(traces, tmp_path, name, *args, stdin=stdin, **options))

    return call


def invocation(
    traces: nasty.Traces, cwd: Path, name: str, *args: str, stdin: bytes = b"", **options: object
) -> Invocation:
    fields: dict[str, object] = {"deadline_s": 20.0, **options}
    env = (PATH, traces.env)
    argv = (nasty.path(name), *args)
    return Invocation(argv, env, str(cwd), stdin, **fields)  # type: ignore[arg-type]


def shown(outcome: Outcome) -> dict[str, str]:
    """Return the lines that `shows.sh` printed, by their name."""
    lines = outcome.stdout.decode().splitlines()
    return {line.split("=" if "=" in line else ":")[0]: line for line in lines}


class TestWhatAProviderIsGiven:
    @pytest.mark.rule("K-080")
    def test_arguments_are_passed_without_a_shell(self, start: Start) -> None:
        outcome = start("shows.sh", "$HOME", "a  b", "`id`")
        assert b"args=$HOME a  b `id`\n" in outcome.stdout

    def test_it_starts_in_its_own_directory_and_we_stay_in_ours(
        self, start: Start, tmp_path: Path
    ) -> None:
        before = os.getcwd()
        assert f"cwd={tmp_path.resolve()}\n".encode() in start("shows.sh").stdout
        assert os.getcwd() == before

    @pytest.mark.rule("K-083")
    def test_of_two_values_for_a_name_it_sees_the_later(
        self, runner: Runner, tmp_path: Path
    ) -> None:
        env = (PATH, ("A", "first"), ("B", "x"), ("A", "second"))
        outcome = runner.run(Invocation((nasty.path("shows.sh"),), env, str(tmp_path), b""))
        assert b"A=second\n" in outcome.stdout

    def test_no_signal_is_ignored_or_blocked(self, start: Start) -> None:
        lines = shown(start("shows.sh"))
        # Bit 12 is SIGPIPE, which Python itself ignores.
        assert int(lines["SigIgn"].split()[1], 16) & (1 << (signal.SIGPIPE - 1)) == 0
        assert int(lines["SigBlk"].split()[1], 16) == 0

    def test_it_has_three_descriptors_and_no_terminal(self, start: Start) -> None:
        outcome = start("shows.sh")
        lines = outcome.stdout.split(b"\n")
        fds = {int(line[3:]) for line in lines if line.startswith(b"fd=")}
        assert fds >= {0, 1, 2}
        # The shell's own: 3 lists the directory, 10 and above is the script.
        assert all(fd <= 3 or fd >= 10 for fd in fds)
        assert b"tty=no" in outcome.stdout

    def test_a_descriptor_we_inherited_does_not_reach_it(
        self, traces: nasty.Traces, tmp_path: Path
    ) -> None:
        fd = os.open("/dev/null", os.O_RDONLY)
        try:
            os.set_inheritable(fd, True)
            outcome = run(invocation(traces, tmp_path, "shows.sh"), launcher=SpawnLauncher())
        finally:
            os.close(fd)
        assert f"fd={fd}\n".encode() not in outcome.stdout

    @pytest.mark.rule("K-075")
    @pytest.mark.parametrize("delivery", [Stdin.WHOLE, Stdin.CHUNKED])
    @pytest.mark.parametrize("size", [0, 1, 2, 17, 300 * KIB])
    def test_every_byte_arrives_and_then_the_end(
        self, runner: Runner, tmp_path: Path, delivery: Stdin, size: int
    ) -> None:
        data = os.urandom(size)
        outcome = runner.run(Invocation(("/bin/cat",), (PATH,), str(tmp_path), data, delivery))
        assert outcome.stdout == data
        assert outcome.stdin == data
        assert outcome.stdin_unread == 0

    def test_closed_stdin_ends_at_once(self, start: Start) -> None:
        outcome = start("shows.sh", stdin=b"never sent", delivery=Stdin.CLOSED)
        assert outcome.stdout.endswith(b"stdin=")
        assert outcome.stdin == b""
        assert outcome.stdin_unread == 0

    def test_chunks_come_one_after_the_other(self, runner: Runner, tmp_path: Path) -> None:
        code = "import os, time; time.sleep(0.2); print(len(os.read(0, 9999)))"
        argv = (sys.executable, "-S", "-c", code)
        outcome = runner.run(
            Invocation(argv, (PATH,), str(tmp_path), b"x" * 1000, Stdin.CHUNKED)
        )  # fmt: skip
        assert int(outcome.stdout) == 1

    def test_chunks_that_nobody_takes_are_written_after_a_while(
        self, runner: Runner, tmp_path: Path
    ) -> None:
        argv = ("/bin/sh", "-c", "sleep 1.3; wc -c")
        data = b"x" * 200_000
        outcome = runner.run(Invocation(argv, (PATH,), str(tmp_path), data, Stdin.CHUNKED))
        assert int(outcome.stdout) == len(data)
        assert outcome.duration_s < 5


class TestHowItEnds:
    def test_the_subprocess_module_and_a_pidfd_work_together(
        self, traces: nasty.Traces, tmp_path: Path
    ) -> None:
        call = invocation(traces, tmp_path, "holds_stdout.sh", traces.mark, deadline_s=0.2)
        outcome = run(call, launcher=PopenLauncher())
        assert (outcome.ending, outcome.exit_code) == (Ending.TIMED_OUT, 0)

    def test_status_and_both_outputs_are_recorded(self, runner: Runner, tmp_path: Path) -> None:
        argv = ("/bin/sh", "-c", "echo out; echo err >&2; exit 3")
        outcome = runner.run(Invocation(argv, (PATH,), str(tmp_path), b""))
        assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 3)
        assert (outcome.stdout, outcome.stderr) == (b"out\n", b"err\n")
        assert 0 < outcome.exit_after_s <= outcome.duration_s < 5

    @pytest.mark.rule("K-084")
    @pytest.mark.parametrize(("name", "core"), [("TERM", False), ("SEGV", True), ("ABRT", True)])
    def test_a_signal_is_no_exit_status(
        self, start: Start, tmp_path: Path, name: str, core: bool
    ) -> None:
        with limits.applied(limits.Limits()):
            outcome = start("dies.sh", name)
        assert (outcome.ending, outcome.exit_code) == (Ending.SIGNALED, None)
        assert outcome.signal == getattr(signal, f"SIG{name}")
        assert outcome.stdout == b"partial\n"
        assert outcome.core_dumped is core
        assert list(tmp_path.iterdir()) == []  # no core file

    @pytest.mark.rule("K-084")
    @pytest.mark.parametrize(
        ("argv0", "reason"),
        [
            ("/nonexistent/provider", "no such file or directory"),
            ("/etc/passwd", "permission denied"),
            ("/tmp", "permission denied"),
            ("a\0b", "invalid argument"),
        ],
    )
    def test_what_cannot_be_started_says_why(
        self, runner: Runner, tmp_path: Path, argv0: str, reason: str
    ) -> None:
        outcome = runner.run(Invocation((argv0,), (PATH,), str(tmp_path), b"1234"))
        assert outcome.ending is Ending.NOT_STARTED
        assert outcome.start_error == f"fork/exec {argv0}: {reason}"
        assert outcome.stdin_unread == 4

    def test_a_missing_interpreter_is_a_failed_start(self, start: Start) -> None:
        outcome = start("broken_interpreter.sh")
        assert outcome.ending is Ending.NOT_STARTED
        assert outcome.start_error.endswith("no such file or directory")

    def test_an_executable_of_no_known_format_is_a_failed_start(
        self, runner: Runner, tmp_path: Path
    ) -> None:
        (tmp_path / "data").write_bytes(b"\0\1\2\3")
        (tmp_path / "data").chmod(0o755)
        outcome = runner.run(Invocation((str(tmp_path / "data"),), (PATH,), "/", b""))
        assert outcome.start_error.endswith("exec format error")

    def test_unread_stdin_is_counted(self, start: Start) -> None:
        assert start("dies.sh", "TERM", stdin=b"x" * 1234).stdin_unread == 1234
        assert start("dies.sh", "TERM", stdin=b"x" * 500_000).stdin_unread == 500_000
        outcome = start("closes_stdin.sh", stdin=b"x" * 500_000)
        assert (outcome.exit_code, outcome.stdout) == (0, b"done\n")
        assert outcome.stdin_unread == 500_000

    def test_closed_outputs_are_not_yet_the_end(self, start: Start) -> None:
        outcome = start("closes_output.sh")
        assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 4)
        assert outcome.exit_after_s >= 0.15


@pytest.mark.rule("K-082")
class TestDeadline:
    def test_it_is_ended_even_if_it_ignores_signals(
        self, start: Start, traces: nasty.Traces
    ) -> None:
        outcome = start("deaf.sh", traces.mark, deadline_s=0.2)
        assert (outcome.ending, outcome.signal) == (Ending.TIMED_OUT, signal.SIGKILL)
        assert 0.2 <= outcome.duration_s < 0.5
        assert outcome.left_behind == 0  # it was us who ended its parent

    def test_it_is_ended_even_if_it_stopped_itself(
        self, start: Start, traces: nasty.Traces
    ) -> None:
        assert start("stops_itself.sh", traces.mark, deadline_s=0.2).ending is Ending.TIMED_OUT

    @pytest.mark.rule("K-084")
    def test_a_grandchild_with_stdout_makes_success_too_late(
        self, start: Start, traces: nasty.Traces
    ) -> None:
        outcome = start("holds_stdout.sh", traces.mark, deadline_s=0.3)
        assert (outcome.ending, outcome.exit_code) == (Ending.TIMED_OUT, 0)
        assert outcome.exit_after_s < 0.2 < outcome.duration_s
        assert outcome.stdout == b"{}\n"
        assert outcome.left_behind == 1

    def test_a_grandchild_that_lets_go_in_time_only_costs_time(self, start: Start) -> None:
        outcome = start("holds_stdout.sh", "0.15")
        assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 0)
        assert outcome.exit_after_s < 0.1
        assert outcome.duration_s >= 0.15
        assert outcome.left_behind == 0


class TestNothingStays:
    @pytest.mark.parametrize("name", ["daemon.sh", "background.sh", "double_fork.py"])
    def test_a_daemon_is_counted_and_ended(
        self, start: Start, traces: nasty.Traces, name: str
    ) -> None:
        outcome = start(name, traces.mark)
        assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 0)
        assert outcome.left_behind == 1
        assert traces.are_gone()

    def test_a_fork_bomb_is_counted_and_ended(self, start: Start, traces: nasty.Traces) -> None:
        outcome = start("bomb.py", traces.mark, "5")
        assert outcome.exit_code == 0
        assert outcome.left_behind == 31
        assert traces.are_gone()

    def test_processes_that_go_on_forking_are_caught(
        self, start: Start, traces: nasty.Traces
    ) -> None:
        outcome = start("breeds.py", traces.mark)
        assert outcome.left_behind >= 1
        assert traces.are_gone()

    def test_a_child_that_ends_soon_after_is_not_left_behind(self, start: Start) -> None:
        assert start("background.sh", "0.05").left_behind == 0

    def test_concurrent_execs_answer_for_their_own_children_only(
        self, runner: Runner, traces: nasty.Traces, tmp_path: Path
    ) -> None:
        folders = [tmp_path / name for name in "abc"]
        for folder in folders:
            folder.mkdir()
        guilty = [
            invocation(traces, folders[0], "daemon.sh", traces.mark),
            invocation(traces, folders[1], "background.sh", traces.mark),
        ]
        innocent = Invocation(("/bin/sleep", "0.6"), (PATH,), str(folders[2]), b"")
        outcomes = runner.run_all([*guilty, innocent])
        assert [outcome.left_behind for outcome in outcomes] == [1, 1, 0]
        assert traces.are_gone()

    def test_children_of_other_parts_of_this_process_are_left_alone(
        self, runner: Runner, tmp_path: Path
    ) -> None:
        import subprocess

        with subprocess.Popen(["/bin/sleep", "30"]) as other:
            outcome = runner.run(Invocation(("/bin/true",), (PATH,), str(tmp_path), b""))
            assert outcome.left_behind == 0
            assert other.poll() is None
            other.kill()

    def test_a_fork_of_us_finds_orphans_as_well(
        self, runner: Runner, traces: nasty.Traces, tmp_path: Path
    ) -> None:
        assert runner  # we are a subreaper; a fork of us is none by itself
        call = invocation(traces, tmp_path, "double_fork.py", traces.mark)
        pid = os.fork()
        if pid == 0:  # pragma: no cover - another process
            status = 99
            try:
                status = run(call).left_behind
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1

    def test_running_execs_end_with_the_runner(
        self, traces: nasty.Traces, tmp_path: Path, runner: Runner
    ) -> None:
        future = runner.start(invocation(traces, tmp_path, "deaf.sh", traces.mark))
        while not traces.processes():
            time.sleep(0.005)
        began = time.monotonic()
        runner.close()
        assert time.monotonic() - began < 2
        with pytest.raises(Cancelled):
            future.result()
        with pytest.raises((Cancelled, RuntimeError)):
            runner.run(invocation(traces, tmp_path, "deaf.sh", traces.mark))

    def test_an_interrupt_ends_what_runs(
        self, traces: nasty.Traces, tmp_path: Path, runner: Runner
    ) -> None:
        def interrupt() -> None:
            while not traces.processes():
                time.sleep(0.005)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            runner.run(invocation(traces, tmp_path, "deaf.sh", traces.mark))
        thread.join()
        assert traces.are_gone()

    def test_no_descriptor_stays_open(self, start: Start, traces: nasty.Traces) -> None:
        start("closes_stdin.sh")
        before = len(os.listdir("/proc/self/fd"))
        start("holds_stdout.sh", traces.mark, deadline_s=0.1)
        start("floods.sh", "100000")
        start("broken_interpreter.sh")
        assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.rule("K-081")
class TestFloods:
    CAPS = Caps(keep_bytes=64 * KIB, flood_bytes=4096 * KIB)

    @pytest.fixture
    def small(self) -> Iterator[Runner]:
        with Runner(caps=self.CAPS) as made:
            yield made

    def test_what_is_too_long_is_read_to_its_end_but_not_kept(
        self, small: Runner, traces: nasty.Traces, tmp_path: Path
    ) -> None:
        outcome = small.run(invocation(traces, tmp_path, "floods.sh", str(2048 * KIB)))
        assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 0)
        assert outcome.stdout == bytes(64 * KIB)
        assert outcome.stdout_truncated
        assert not outcome.stderr_truncated

    def test_exactly_as_much_as_is_kept_is_not_truncated(
        self, small: Runner, traces: nasty.Traces, tmp_path: Path
    ) -> None:
        outcome = small.run(invocation(traces, tmp_path, "floods.sh", str(64 * KIB)))
        assert len(outcome.stdout) == 64 * KIB
        assert not outcome.stdout_truncated

    def test_stderr_is_capped_too(
        self, small: Runner, traces: nasty.Traces, tmp_path: Path
    ) -> None:
        outcome = small.run(invocation(traces, tmp_path, "floods.sh", str(2048 * KIB), "stderr"))
        assert len(outcome.stderr) == 64 * KIB
        assert (outcome.stdout_truncated, outcome.stderr_truncated) == (False, True)

    def test_an_endless_flood_is_stopped_long_before_the_deadline(
        self, small: Runner, traces: nasty.Traces, tmp_path: Path
    ) -> None:
        outcome = small.run(invocation(traces, tmp_path, "floods.sh", str(10**15)))
        assert outcome.ending is Ending.TIMED_OUT
        assert outcome.stdout_truncated
        assert outcome.duration_s < 5

    def test_a_gibibyte_does_not_fill_our_memory(
        self, traces: nasty.Traces, tmp_path: Path
    ) -> None:
        before = _resident_kib()
        outcome = run(invocation(traces, tmp_path, "floods.sh", str(1024**3)))
        assert len(outcome.stdout) == 8 * KIB * KIB
        assert _resident_kib() - before < 64 * KIB


def _resident_kib() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError


@pytest.mark.rule("K-083")
def test_the_environment_keeps_the_place_and_value_of_the_later_entry() -> None:
    env = [("A", "1"), ("B", "2"), ("A", "3"), ("", "nameless"), ("C=D", "E")]
    assert list(executed_env(env).items()) == [("B", "2"), ("A", "3"), ("C", "D=E")]


def test_core_limit_is_taken_back() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_CORE)
    with limits.applied(limits.Limits(address_space=1 << 40)):
        assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
    assert resource.getrlimit(resource.RLIMIT_CORE) == before
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != 1 << 40
