"""Speaks with one oracle process: JSON lines, one answer for each request.

The protocol is told in oracle/README.md. A request holds many inputs of one
op, because a round trip costs more than most answers.
"""

import contextlib
import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from pullproof.model.errors import PullproofError
from pullproof.oracle.releases import require_program

JsonMap = Mapping[str, Any]
_SERVE = ("-test.run=^TestServe$",)
_CHUNK_BYTES = 1 << 20
_SHOWN_STDERR_BYTES = 4000


class OracleDied(PullproofError):
    """The oracle ended, hung or spoke nonsense; holds the end of its stderr."""

    def __init__(self, problem: str, stderr: str) -> None:
        super().__init__(f"{problem}\n{stderr}".strip())
        self.problem = problem
        self.stderr = stderr

    def __reduce__(self) -> tuple[type["OracleDied"], tuple[str, str]]:
        """Let a worker process tell another one, with both parts."""
        return type(self), (self.problem, self.stderr)


class OracleRefused(PullproofError):
    """The oracle did not understand a request: ours or its own mistake."""


class Oracle:
    """One oracle process, and the conversation with it.

        with Oracle(34) as oracle:
            oracle.ask("duration", [{"text": encoded("1h")}])

    One request may be under way at a time: `send` it, do something useful, and
    `receive` the answer. Not for use by several threads.
    """

    def __init__(
        self,
        minor: int,
        *,
        gates: Mapping[str, bool] | None = None,
        command: Sequence[str] | None = None,
        timeout_s: float = 120.0,
    ) -> None:
        """Start the oracle.

        Args:
            minor: Kubernetes minor, 34 for 1.34.
            gates: Feature gates that differ from the release's defaults.
            command: Another program that speaks the protocol.
            timeout_s: For one answer.

        Raises:
            OracleUnavailable: there is no oracle for `minor` here.
            OracleDied: it does not start.
        """
        self.minor = minor
        self._timeout_s = timeout_s
        words = [*command] if command else [str(require_program(minor)), *_SERVE]
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
        self._buffer = bytearray()
        self._last_id = 0
        self._awaited: int | None = None
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=_environment(gates or {}),
        )
        self._poll = select.poll()
        self._poll.register(self._stream("stdout"), select.POLLIN)
        try:
            self.hello: JsonMap = self._read()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def directory(self) -> Path:
        """Where the oracle puts the files it lets the kubelet's code read."""
        return Path(str(self.hello["directory"]))

    def ask(self, op: str, inputs: Sequence[JsonMap]) -> list[JsonMap]:
        """Return the oracle's answers to `inputs`, in their order."""
        self.send(op, inputs)
        return self.receive()

    def send(self, op: str, inputs: Sequence[JsonMap]) -> None:
        """Ask without waiting; `receive` returns the answers."""
        if self._awaited is not None:
            raise ValueError("an answer is still to be received")
        self._last_id += 1
        self._awaited = self._last_id
        request = {"id": self._last_id, "op": op, "inputs": inputs}
        line = json.dumps(request, separators=(",", ":")).encode() + b"\n"
        try:
            self._stream("stdin").write(line)
            self._stream("stdin").flush()
        except OSError:
            raise self._died("the oracle takes no more requests") from None

    def receive(self) -> list[JsonMap]:
        """Return the answers to what was sent last.

        Raises:
            OracleRefused: the oracle did not understand.
            OracleDied: there is no answer, or not in time.
        """
        answer = self._read()
        awaited, self._awaited = self._awaited, None
        if answer.get("id") != awaited:
            raise self._died(f"the oracle answered {answer.get('id')}, not {awaited}")
        if "error" in answer:
            raise OracleRefused(str(answer["error"]))
        return cast("list[JsonMap]", answer.get("results", []))

    def close(self) -> None:
        """End the oracle; it leaves when its input ends."""
        for name in ("stdin", "stdout"):
            with contextlib.suppress(OSError):  # it is gone, and the last request with it
                self._stream(name).close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stderr.close()

    def _stream(self, name: str) -> IO[bytes]:
        stream = getattr(self._process, name)
        assert stream is not None
        return cast("IO[bytes]", stream)

    def _read(self) -> JsonMap:
        deadline = time.monotonic() + self._timeout_s
        searched = 0
        while True:
            end = self._buffer.find(b"\n", searched)
            if end >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                return self._parse(line)
            searched = len(self._buffer)
            self._fill(deadline)

    def _fill(self, deadline: float) -> None:
        left_ms = max(0.0, deadline - time.monotonic()) * 1000
        if not self._poll.poll(left_ms):
            raise self._died(f"the oracle did not answer within {self._timeout_s:g} s")
        data = os.read(self._stream("stdout").fileno(), _CHUNK_BYTES)
        if not data:
            raise self._died("the oracle ended")
        self._buffer += data

    def _parse(self, line: bytes) -> JsonMap:
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise self._died("the oracle answered with something else than a JSON object")
        return cast("JsonMap", value)

    def _died(self, problem: str) -> OracleDied:
        self._process.kill()
        self._process.wait()
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - _SHOWN_STDERR_BYTES))
        return OracleDied(problem, self._stderr.read().decode("utf-8", "replace"))


def _environment(gates: Mapping[str, bool]) -> dict[str, str]:
    text = ",".join(f"{name}={'true' if on else 'false'}" for name, on in gates.items())
    return {**os.environ, "PULLPROOF_ORACLE": "1", "PULLPROOF_ORACLE_GATES": text}
