"""The warm interpreter: the same observable behaviour, only sooner."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pullproof.adapters.invocation import Invocation, Outcome
from pullproof.adapters.launchers import Child, Launcher, Stdio, best_launcher
from pullproof.adapters.runner import Runner
from pullproof.adapters.zygotes import ZygoteLauncher, script_argv
from pullproof.model.scenario import Stdin
from pullproof.model.transcript import Ending
from tests.helpers import nasty

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="Linux only"),
]

PATH = ("PATH", os.path.dirname(sys.executable) + ":/usr/bin:/bin")


class Counting:
    """A launcher that counts how often the zygote passed the work on."""

    def __init__(self) -> None:
        self._other: Launcher = best_launcher()
        self.started = 0

    def start(self, invocation: Invocation, stdio: Stdio) -> Child:
        self.started += 1
        return self._other.start(invocation, stdio)


@pytest.fixture(scope="module")
def fresh() -> Iterator[Runner]:
    with Runner() as made:
        yield made


@pytest.fixture(scope="module")
def counting() -> Counting:
    return Counting()


@pytest.fixture(scope="module")
def warm(counting: Counting) -> Iterator[Runner]:
    with ZygoteLauncher(counting) as launcher, Runner(launcher) as made:
        yield made


def script(folder: Path, body: str, name: str = "provider.py") -> str:
    path = folder / name
    path.write_text(f"#!/usr/bin/env python3\n{body}")
    path.chmod(0o755)
    return str(path)


def invocation(path: str, cwd: Path, *args: str, **options: object) -> Invocation:
    fields: dict[str, object] = {"deadline_s": 20.0, "stdin": b'{"a":1}\n', **options}
    env = (PATH, ("A", "1"), ("A", "2"), ("B", "x"))
    return Invocation((path, *args), env, str(cwd), **fields)  # type: ignore[arg-type]


def record(outcome: Outcome) -> tuple[object, ...]:
    return (
        outcome.ending,
        outcome.exit_code,
        outcome.signal,
        outcome.stdout,
        outcome.stderr,
        outcome.stdin_unread,
        outcome.left_behind,
    )


BODIES = {
    "shows": (
        "import json, os, sys\n"
        "print(json.dumps([sys.argv, sys.path[0], os.getcwd(), dict(os.environ), __name__,\n"
        "  __file__, os.getsid(0) == os.getpid(), sys.stdin.read(), sys.stdout.encoding,\n"
        "  sys.stdout.errors, sys.stderr.errors, sys.stdin.isatty(), sys.stdin.name,\n"
        "  sys.modules['__main__'].__dict__ is globals(), len(os.listdir('/proc/self/fd')),\n"
        "  sorted(name for name in sys.modules if 'pullproof' in name),\n"
        # Signals 32 and 33 are glibc's own; its posix_spawn leaves them ignored.
        "  int(open('/proc/self/status').read().split('SigIgn:')[1].split()[0], 16) % 2**31]))"
    ),
    "silent": "",
    "traceback": "def f():\n    raise ValueError('broken')\nprint('before')\nf()",
    "chained": "try:\n    1 / 0\nexcept Exception as e:\n    raise KeyError('x') from e",
    "syntax": "print('never'\nx = = 1\n",
    "exit-none": "import sys; sys.exit()",
    "exit-7": "import sys; sys.exit(7)",
    "exit-300": "import sys; sys.exit(300)",
    "exit-true": "import sys; sys.exit(True)",
    "exit-text": "import sys; print('out'); sys.exit('why')",
    "os-exit": "import os, sys; sys.stdout.write('lost'); os._exit(9)",
    "raises-exit": "raise SystemExit(5)",
    "atexit": "import atexit; atexit.register(print, 'later'); print('first')",
    "thread": (
        "import threading, time\n"
        "def late():\n    time.sleep(0.05)\n    print('from thread')\n"
        "threading.Thread(target=late).start()"
    ),
    "unflushed": "import sys; sys.stdout.write('no newline'); sys.stderr.write('err')",
    "closed-stdout": "import sys, os; os.close(1); print('x')",
    "interrupt": "raise KeyboardInterrupt",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "hook": "import sys; sys.excepthook = lambda *a: print('hooked', file=sys.stderr); 1 / 0",
    "bytes": "import sys; sys.stdout.buffer.write(bytes(range(256)))",
    "surrogates": "import sys; sys.stdout.write('\\udcff'); sys.stderr.write('\\udcff')",
    "main-guard": "if __name__ == '__main__':\n    print('main')",
    "sibling": "import sibling; print(sibling.VALUE)",
    "pickle": "import pickle\nclass C: pass\nprint(type(pickle.loads(pickle.dumps(C()))) is C)",
    "dataclass": (
        "from __future__ import annotations\nimport dataclasses, typing\n"
        "@dataclasses.dataclass\nclass C:\n    x: typing.ClassVar[int] = 1\n    y: int = 2\n"
        "print(C(), typing.get_type_hints(C))"
    ),
    "subprocess": "import subprocess; print(subprocess.run(['echo', 'hi'], capture_output=True))",
}


@pytest.mark.parametrize("name", BODIES)
def test_it_cannot_be_told_from_a_fresh_interpreter(
    name: str, fresh: Runner, warm: Runner, counting: Counting, tmp_path: Path
) -> None:
    (tmp_path / "sibling.py").write_text("VALUE = 'from the folder of the script'\n")
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    call = invocation(script(tmp_path, BODIES[name]), cwd, "--flag", "$x")
    expected = record(fresh.run(call))
    counting.started = 0
    assert record(warm.run(call)) == expected
    assert counting.started == 0


@pytest.mark.parametrize("delivery", list(Stdin))
def test_large_input_and_output_are_whole(warm: Runner, tmp_path: Path, delivery: Stdin) -> None:
    path = script(
        tmp_path, "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1] * 3)"
    )
    data = os.urandom(300_000)
    outcome = warm.run(invocation(path, tmp_path, stdin=data, delivery=delivery))
    assert outcome.stdout == outcome.stdin[::-1] * 3


def test_a_changed_script_is_compiled_again(warm: Runner, tmp_path: Path) -> None:
    for text in ("first", "second"):
        path = script(tmp_path, f"print({text!r})")
        assert warm.run(invocation(path, tmp_path)).stdout == f"{text}\n".encode()


def test_one_exec_leaves_nothing_for_the_next(warm: Runner, tmp_path: Path) -> None:
    path = script(
        tmp_path,
        "import json, os, random\nprint(hasattr(json, 'x'), os.environ.get('LEFT'))\n"
        "print(random.random())\njson.x = 1; os.environ['LEFT'] = '1'",
    )
    first, second = (warm.run(invocation(path, tmp_path)).stdout.split() for _ in range(2))
    assert first[:2] == second[:2] == [b"False", b"None"]
    assert first[2] != second[2]


class TestDeadlinesAndLeftovers:
    def test_a_hanging_script_is_ended(self, warm: Runner, tmp_path: Path) -> None:
        path = script(tmp_path, "import time; time.sleep(60)")
        outcome = warm.run(invocation(path, tmp_path, deadline_s=0.2))
        assert (outcome.ending, outcome.signal) == (Ending.TIMED_OUT, signal.SIGKILL)
        assert outcome.duration_s < 1

    @pytest.mark.parametrize("name", ["double_fork.py", "bomb.py"])
    def test_daemons_are_counted_and_ended(
        self, warm: Runner, counting: Counting, tmp_path: Path, name: str
    ) -> None:
        traces = nasty.Traces()
        counting.started = 0
        outcome = warm.run(invocation(nasty.path(name), tmp_path, traces.mark, "1"))
        assert counting.started == 0
        assert (outcome.exit_code, outcome.left_behind) == (0, 1)
        assert traces.are_gone()

    def test_helpers_are_watched(self, warm: Runner, tmp_path: Path) -> None:
        body = "import subprocess; subprocess.run(['sleep', '0.0567'])"
        outcome = warm.run(invocation(script(tmp_path, body), tmp_path, watch_children=True))
        assert ("sleep", "0.0567") in [child.argv for child in outcome.children]

    def test_concurrent_scripts_do_not_mix(self, warm: Runner, tmp_path: Path) -> None:
        path = script(tmp_path, "import sys, time; d = sys.stdin.read(); time.sleep(.1); print(d)")
        calls = [invocation(path, tmp_path, stdin=str(n).encode()) for n in range(8)]
        began = time.monotonic()
        outcomes = warm.run_all(calls)
        assert [int(outcome.stdout) for outcome in outcomes] == list(range(8))
        assert time.monotonic() - began < 0.6

    def test_a_zygote_that_was_killed_is_done_without(self, tmp_path: Path) -> None:
        other = Counting()
        path = script(tmp_path, "import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
        with ZygoteLauncher(other) as launcher, Runner(launcher) as runner:
            # Which of the two ends first is the scheduler's business.
            ending = runner.run(invocation(path, tmp_path)).ending
            assert ending in (Ending.EXITED, Ending.SIGNALED)
            again = script(tmp_path, "print('still here')", "again.py")
            assert runner.run(invocation(again, tmp_path)).stdout == b"still here\n"
        assert other.started == 1
        assert not nasty.zombies()

    def test_closing_ends_the_interpreter(self, tmp_path: Path) -> None:
        traces = nasty.Traces()
        os.environ["PATH"] += ":" + traces.mark
        try:
            launcher = ZygoteLauncher(best_launcher())
        finally:
            os.environ["PATH"] = os.environ["PATH"].removesuffix(":" + traces.mark)
        give_up = time.monotonic() + 5
        while not traces.processes() and time.monotonic() < give_up:
            time.sleep(0.005)
        assert traces.processes()
        launcher.close()
        launcher.close()
        assert traces.are_gone()


class TestWhoIsEligible:
    def argv(self, *argv: str, env: tuple[tuple[str, str], ...] = ()) -> list[str] | None:
        return script_argv(Invocation(argv, (PATH, *env), "/", b""))

    def test_scripts_with_a_python_first_line(self, tmp_path: Path) -> None:
        path = script(tmp_path, "")
        assert self.argv(path, "-x") == [path, "-x"]

    @pytest.mark.parametrize(
        "line", ["#!/usr/bin/python3", "#! /usr/bin/env python", "#!/opt/x/bin/python3.11"]
    )
    def test_spellings_of_python(self, tmp_path: Path, line: str) -> None:
        path = tmp_path / "p.py"
        path.write_text(line + "\n")
        path.chmod(0o755)
        assert self.argv(str(path)) == [str(path)]

    def test_our_interpreter_and_a_script(self, tmp_path: Path) -> None:
        path = script(tmp_path, "")
        os.chmod(path, 0o644)
        assert self.argv(sys.executable, path, "a") == [path, "a"]

    @pytest.mark.parametrize(
        "line", ["#!/bin/sh", "#!/usr/bin/env -S python3 -I", "#!/usr/bin/python3 -I", "import os"]
    )
    def test_everything_else_is_executed(self, tmp_path: Path, line: str) -> None:
        path = tmp_path / "p.py"
        path.write_text(line + "\n")
        path.chmod(0o755)
        assert self.argv(str(path)) is None

    def test_interpreters_with_options_or_other_interpreters_are_executed(
        self, tmp_path: Path
    ) -> None:
        path = script(tmp_path, "")
        assert self.argv(sys.executable, "-I", path) is None
        assert self.argv("/usr/bin/python3.9999", path) is None
        assert self.argv(sys.executable) is None
        os.chmod(path, 0o644)
        assert self.argv(path) is None
        assert self.argv("/nonexistent.py") is None

    @pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONUTF8", "LD_PRELOAD", "LC_ALL"])
    def test_variables_that_configure_an_interpreter_need_a_fresh_one(
        self, tmp_path: Path, name: str
    ) -> None:
        assert self.argv(script(tmp_path, ""), env=((name, "de_DE.UTF-8"),)) is None

    def test_requests_too_long_for_the_socket_are_executed(
        self, warm: Runner, counting: Counting, tmp_path: Path
    ) -> None:
        counting.started = 0
        call = invocation(script(tmp_path, "import sys; print(len(sys.argv[1]))"), tmp_path)
        long = Invocation((*call.argv, "x" * 120_000), call.env, call.cwd, b"")
        assert warm.run(long).stdout == b"120000\n"
        assert counting.started == 1


def test_it_is_at_least_five_times_faster(fresh: Runner, warm: Runner, tmp_path: Path) -> None:
    body = "import base64, hashlib, json, sys, urllib.request; json.load(sys.stdin); print('{}')"
    call = invocation(script(tmp_path, body), tmp_path)
    warm.run(call)
    times: list[float] = []
    for runner, rounds in ((fresh, 5), (warm, 15)):
        times.append(min(runner.run(call).duration_s for _ in range(rounds)))
    assert times[0] > 5 * times[1], times
