"""A warm Python interpreter that becomes a test provider by forking.

An accelerator for our own Python test providers, and for nothing else: whoever
is judged is always executed for real. Started by `zygotes` as a plain script;
it imports no part of pullproof, so that providers find none.

Protocol, over the SOCK_SEQPACKET socket that is its stdin: a request is one
JSON object and, for `run`, three descriptors; each has one JSON answer.

    {"op": "run", "script", "argv", "env", "cwd"}   -> {"pid": n}
    {"op": "reap", "pid"}                           -> {"status": n}

A child stays a zombie until it is asked for, so its id stays its own.
"""

import sys

# The folder of this file was put first; its modules are none of a provider's.
if __name__ == "__main__" and sys.path:
    del sys.path[0]

import atexit
import contextlib
import gc
import io
import json
import os
import signal
import socket
import threading
import traceback
from types import CodeType, FrameType, ModuleType, TracebackType
from typing import Any, NoReturn, TextIO

MAX_MESSAGE = 1024 * 1024
_PRELOADED = (
    "argparse",
    "base64",
    "datetime",
    "hashlib",
    "http.client",
    "json",
    "re",
    "runpy",
    "ssl",
    "subprocess",
    "time",
    "urllib.error",
    "urllib.parse",
    "urllib.request",
    "uuid",
)

Cache = dict[str, tuple[tuple[int, int, int], CodeType]]


def serve(connection: socket.socket) -> None:
    """Answer requests until the other side goes."""
    for name in _PRELOADED:
        __import__(name)
    # What a shell in the background has us ignore, a spawned provider would not.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    cache: Cache = {}
    gc.collect()
    gc.freeze()  # children share these pages as long as nobody counts in them
    while True:
        data, fds, _, _ = socket.recv_fds(connection, MAX_MESSAGE, 3)
        if not data:
            return
        request: dict[str, Any] = json.loads(data)
        if request["op"] == "reap":
            answer = {"status": os.waitpid(request["pid"], 0)[1]}
        else:
            code = _compiled(request["script"], cache)
            pid = os.fork()
            if pid == 0:
                _become(request, code, fds, connection)
            for fd in fds:
                os.close(fd)
            answer = {"pid": pid}
        connection.send(json.dumps(answer).encode())


def _compiled(script: str, cache: Cache) -> CodeType | None:
    """Return the code of `script`; None if it does not compile: then the child
    shall find out, and say so on its own stderr."""
    try:
        status = os.stat(script)
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if script not in cache or cache[script][0] != stamp:
            cache[script] = (stamp, _compile(script))
        return cache[script][1]
    except Exception:  # noqa: BLE001 - the child meets it again and reports it
        return None


def _compile(script: str) -> CodeType:
    with open(script, "rb") as file:
        return compile(file.read(), script, "exec", dont_inherit=True)


def _become(
    request: dict[str, Any], code: CodeType | None, fds: list[int], connection: socket.socket
) -> NoReturn:
    """In the child: be what `python script` would be, and end like it."""
    status = 127
    try:
        os.setsid()
        os.chdir(request["cwd"])
        connection.close()
        for number, fd in enumerate(fds):
            os.dup2(fd, number)
        os.closerange(3, max(fds) + 1)
        _set_up(request)
        status = _finish(_execute(request["script"], code))
    finally:
        os._exit(status)


def _set_up(request: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(request["env"])
    # A fresh interpreter does the same to itself (PEP 538).
    if not any(os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")):
        os.environ["LC_CTYPE"] = "C.UTF-8"
    sys.argv[:] = request["argv"]
    # sys.path[0] is the script's folder, as for every script; without links.
    sys.path.insert(0, os.path.dirname(os.path.realpath(request["script"])))
    # As a fresh interpreter has them in the C locale, which it makes UTF-8.
    sys.stdin = _stream(0, "surrogateescape")
    sys.stdout = _stream(1, "surrogateescape")
    sys.stderr = _stream(2, "backslashreplace")
    originals = {"__stdin__": sys.stdin, "__stdout__": sys.stdout, "__stderr__": sys.stderr}
    sys.__dict__.update(originals)


def _stream(fd: int, errors: str) -> TextIO:
    raw = io.FileIO(fd, "rb" if fd == 0 else "wb", closefd=False)
    raw.name = ("<stdin>", "<stdout>", "<stderr>")[fd]
    buffered = io.BufferedReader(raw) if fd == 0 else io.BufferedWriter(raw)
    stream = io.TextIOWrapper(buffered, "utf-8", errors, line_buffering=fd == 2)
    setattr(stream, "mode", "r" if fd == 0 else "w")  # noqa: B010 - no mode in its type
    return stream


def _execute(script: str, code: CodeType | None) -> int:
    """Run the script as `__main__`; return its exit status."""
    module = ModuleType("__main__")
    module.__file__ = script
    module.__dict__["__builtins__"] = __builtins__
    module.__dict__["__cached__"] = None
    sys.modules["__main__"] = module
    try:
        exec(code or _compile(script), module.__dict__)  # noqa: S102 - that is our job
    except SystemExit as end:
        return _status(end.code)
    except KeyboardInterrupt:
        _print(script)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        return 130
    except BaseException:  # noqa: BLE001 - as the interpreter does
        _print(script)
        return 1
    return 0


def _status(code: object) -> int:
    """Return the exit status `sys.exit(code)` leads to."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _print(script: str) -> None:
    """Print the traceback of the current exception, without our own frames."""
    kind, error, trace = sys.exc_info()
    if kind is None or error is None:
        return
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    start: TracebackType | None = trace
    while start is not None and not _is_in(start.tb_frame, script):
        start = start.tb_next
    try:
        sys.excepthook(kind, error.with_traceback(start), start)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()


def _is_in(frame: FrameType, script: str) -> bool:
    return frame.f_code.co_filename == script


def _finish(status: int) -> int:
    """Do what an interpreter does at its end, in its order."""
    try:
        vars(threading)["_shutdown"]()
        vars(atexit)["_run_exitfuncs"]()
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
    try:
        if not sys.stdout.closed:
            sys.stdout.flush()
    except (OSError, ValueError) as error:
        status = 120
        print(f"Exception ignored in: {sys.stdout!r}", file=sys.stderr)
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    if not sys.stderr.closed:
        sys.stderr.flush()
    return status


if __name__ == "__main__":
    with socket.socket(fileno=os.dup(0)) as _connection:
        serve(_connection)
