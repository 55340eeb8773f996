"""HTTP/1.1 servers on loopback that can misbehave on purpose.

One `Listener` per emulator, one thread for all accepting, one thread per
connection. The standard library's server was not enough: it cannot reset a
connection, promise more than it sends or stop a hanging answer at once, and
it drops what it cannot parse, while here even garbage is evidence.

Whatever blocks (a read, a hang, a drip, a delay) ends when the server closes
or when the `until` event of the answer is set, so nothing outlives a step.

Source: fault vocabulary of section 5.3 (E-037: any request is a finding).
"""

import contextlib
import select
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus

from pullproof.model.errors import Problem, UserError

MAX_HEAD_BYTES = 1024 * 1024
"""Large enough that a huge token in a header is recorded and not cut."""
MAX_BODY_BYTES = 4 * 1024 * 1024
_CHUNK = 64 * 1024
_LINGER_RESET = struct.pack("ii", 1, 0)
_IDLE_S = 120.0

Headers = tuple[tuple[str, str], ...]


class PortTaken(UserError):
    """A fixed port was asked for and cannot be had."""

    def __init__(self, port: int, reason: str = "") -> None:
        super().__init__(
            Problem(
                f"cannot listen on port {port} of 127.0.0.1{reason and f' ({reason})'}; stop what "
                "listens there, or let the embedded registry choose a port of its own"
            )
        )
        self.port = port


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived. `complete` is False for garbage and for half a request."""

    method: str
    target: str = field(repr=False)
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    complete: bool = True
    keep_alive: bool = True

    def header(self, name: str) -> str | None:
        """Return the first header called `name`, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


class Way(StrEnum):
    """How an answer travels."""

    WHOLE = "whole"
    HALF = "half"
    """Half of the body that Content-Length promises, then the end."""
    DRIP = "drip"
    """Headers, then white space for ever."""
    HANG = "hang"
    CLOSE = "close"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back, and how."""

    status: int
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)
    way: Way = Way.WHOLE
    delay_s: float = 0.0
    drip_s: float = 0.05
    padding: int = 0
    """Spaces sent before the body."""
    until: threading.Event | None = None
    """Once set, nothing more is waited for."""


Handler = Callable[[Request], Answer]


class Listener:
    """One listening socket and who answers there."""

    def __init__(self, handler: Handler, port: int = 0) -> None:
        """Raises: PortTaken: `port` is not 0 and in use."""
        self.handler = handler
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self.socket.bind(("127.0.0.1", port))
        except OSError as problem:
            self.socket.close()
            raise PortTaken(port, problem.strerror or "") from None
        self.socket.listen(128)
        self.socket.setblocking(False)

    @property
    def host(self) -> str:
        """`127.0.0.1:port`."""
        address, port = self.socket.getsockname()
        return f"{address}:{port}"


class Server:
    """Accepts for all listeners; a context manager."""

    def __init__(self, listeners: tuple[Listener, ...]) -> None:
        self._listeners = listeners
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._waker, self._wake = socket.socketpair()
        self._acceptor = threading.Thread(target=self._accept, name="world-accept", daemon=True)

    def start(self) -> None:
        self._acceptor.start()

    def close(self) -> None:
        """End every connection and thread; idempotent."""
        if self._closed.is_set():
            return
        self._closed.set()
        with contextlib.suppress(OSError):
            self._wake.send(b"x")
        if self._acceptor.is_alive():
            self._acceptor.join()
        for listener in self._listeners:
            listener.socket.close()
        self._waker.close()
        self._wake.close()
        for thread in self._shut_connections():
            thread.join()

    def _shut_connections(self) -> tuple[threading.Thread, ...]:
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            return tuple(self._open.values())

    def settle(self, seconds: float) -> None:
        """Wait until nobody is connected or knocking, at most `seconds`."""
        end = time.monotonic() + seconds
        while self._is_busy() and time.monotonic() < end:
            time.sleep(0.0005)

    def _is_busy(self) -> bool:
        knocking = select.poll()  # `select` itself ends at descriptor 1023
        for listener in self._listeners:
            knocking.register(listener.socket, select.POLLIN)
        with self._lock:
            return bool(self._open) or bool(knocking.poll(0))

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._waker, selectors.EVENT_READ, None)
            for listener in self._listeners:
                selector.register(listener.socket, selectors.EVENT_READ, listener)
            while not self._closed.is_set():
                for key, _ in selector.select():
                    if isinstance(key.data, Listener):
                        self._take(key.data)

    def _take(self, listener: Listener) -> None:
        # One lock around both: a caller must be on the list by the time it is
        # off the queue, or `settle` would see neither.
        with self._lock:
            try:
                connection, _ = listener.socket.accept()
            except OSError:  # the peer was gone before we came
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(_IDLE_S)
            thread = threading.Thread(
                target=self._serve, args=(connection, listener.handler), name="world", daemon=True
            )
            self._open[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket, handler: Handler) -> None:
        try:
            # Whoever hangs up in the middle is no accident here.
            with contextlib.suppress(OSError):
                self._converse(connection, handler)
        finally:
            with self._lock:
                del self._open[connection]
            connection.close()

    def _converse(self, connection: socket.socket, handler: Handler) -> None:
        reader = _Reader(connection)
        while not self._closed.is_set():
            request = reader.request()
            if request is None:
                return
            answer = handler(request)
            if not self._send(connection, request, answer) or not request.keep_alive:
                _drain(connection)
                return

    def _send(self, connection: socket.socket, request: Request, answer: Answer) -> bool:
        """Send `answer`; return whether the connection can go on."""
        until = answer.until or self._closed
        if answer.delay_s and self._wait(until, answer.delay_s):
            return False
        match answer.way:
            case Way.HANG:
                self._wait(until, None)
                return False
            case Way.CLOSE:
                return False
            case Way.RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
                connection.close()
                return False
            case Way.DRIP:
                connection.sendall(_head(answer, None, keep_alive=False))
                while not self._wait(until, answer.drip_s):
                    connection.sendall(b" ")
                return False
            case Way.HALF:
                connection.sendall(_head(answer, len(answer.body), keep_alive=False))
                connection.sendall(answer.body[: len(answer.body) // 2])
                return False
            case Way.WHOLE:
                return self._send_whole(connection, request, answer)

    def _send_whole(self, connection: socket.socket, request: Request, answer: Answer) -> bool:
        length = answer.padding + len(answer.body)
        head = _head(answer, length, keep_alive=request.keep_alive)
        if request.method == "HEAD":
            connection.sendall(head)
        elif not answer.padding:
            connection.sendall(head + answer.body)
        else:
            connection.sendall(head)
            until = answer.until or self._closed
            for size in _pieces(answer.padding):
                if until.is_set() or self._closed.is_set():
                    return False
                connection.sendall(b" " * size)
            connection.sendall(answer.body)
        return True

    def _wait(self, until: threading.Event, seconds: float | None) -> bool:
        """Wait; return whether `until` or the end of the server came first."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self._closed.is_set():
            left = 0.2 if end is None else min(0.2, end - time.monotonic())
            if left <= 0:
                return False
            if until.wait(left):
                return True
        return True


def _pieces(total: int) -> Iterator[int]:
    while total > 0:
        yield min(total, _CHUNK)
        total -= _CHUNK


def _head(answer: Answer, length: int | None, *, keep_alive: bool) -> bytes:
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {answer.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    if not keep_alive:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _drain(connection: socket.socket) -> None:
    """Close politely: with unread bytes in the buffer, closing would reset the
    connection and the peer could lose the answer it was just sent."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(0.2)
        for _ in range(16):
            if not connection.recv(_CHUNK):
                return


class _Reader:
    """Reads requests from one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()

    def request(self) -> Request | None:
        """Return the next request, None at the end of the connection."""
        head = None
        if (self._buffer or self._fill()) and not _is_foreign(self._buffer):
            head = self._until(b"\r\n\r\n", MAX_HEAD_BYTES)
        if head is None:
            rest = bytes(self._buffer)
            self._buffer.clear()
            # A TLS handshake, or half a request: still somebody who came.
            return _garbage(rest) if rest else None
        request = _parse_head(bytes(head))
        if request is None:
            return _garbage(bytes(head + self._buffer))
        if (request.header("Expect") or "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self._with_body(request)

    def _with_body(self, request: Request) -> Request:
        if "chunked" in (request.header("Transfer-Encoding") or "").lower():
            body, complete = self._chunks()
        else:
            text = request.header("Content-Length") or "0"
            length = int(text) if text.isascii() and text.isdecimal() else -1
            body, complete = self._exactly(max(0, min(length, MAX_BODY_BYTES)))
            complete = complete and 0 <= length <= MAX_BODY_BYTES
        return Request(
            request.method,
            request.target,
            request.headers,
            body,
            complete,
            request.keep_alive and complete,
        )

    def _fill(self) -> bool:
        try:
            data = self._connection.recv(_CHUNK)
        except OSError:
            return False
        self._buffer += data
        return bool(data)

    def _until(self, mark: bytes, limit: int) -> bytearray | None:
        seen = 0
        while (at := self._buffer.find(mark, max(0, seen - len(mark)))) < 0:
            seen = len(self._buffer)
            if seen > limit or not self._fill():
                return None
        head = self._buffer[: at + len(mark)]
        del self._buffer[: at + len(mark)]
        return head

    def _exactly(self, length: int) -> tuple[bytes, bool]:
        while len(self._buffer) < length:
            if not self._fill():
                break
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body, len(body) == length

    def _chunks(self) -> tuple[bytes, bool]:
        body = bytearray()
        while True:
            line = self._until(b"\r\n", 1024)
            try:
                size = int(bytes(line or b"").split(b";")[0].strip() or b"x", 16)
            except ValueError:
                return bytes(body), False
            if size < 0 or len(body) + size > MAX_BODY_BYTES:
                return bytes(body), False
            if size == 0:
                return bytes(body), self._skip_trailers()
            piece, complete = self._exactly(size)
            body += piece
            if not complete or self._until(b"\r\n", 2) is None:
                return bytes(body), False

    def _skip_trailers(self) -> bool:
        while line := self._until(b"\r\n", MAX_HEAD_BYTES):
            if len(line) == 2:
                return True
        return False


def _is_foreign(buffer: bytearray) -> bool:
    """Whether this cannot become an HTTP request: a TLS handshake, say. Such a
    peer waits for an answer, so waiting for its blank line would never end."""
    return bool(buffer) and not (buffer[:1].isalpha() and buffer[:1].isascii())


def _garbage(data: bytes) -> Request:
    return Request("", "", (), data, complete=False, keep_alive=False)


def _parse_head(head: bytes) -> Request | None:
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    headers: list[tuple[str, str]] = []
    for line in lines[1:-2]:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            return None
        headers.append((name, value.strip(" \t")))
    request = Request(words[0], words[1], tuple(headers))
    closing = (request.header("Connection") or "").lower()
    keep_alive = "keep-alive" in closing if words[2] == "HTTP/1.0" else "close" not in closing
    return Request(words[0], words[1], tuple(headers), keep_alive=keep_alive)
