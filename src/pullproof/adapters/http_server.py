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

from pullproof.adapters.http_request import Headers, Request, RequestReader
from pullproof.model.errors import Problem, UserError

_CHUNK = 64 * 1024
_LINGER_RESET = struct.pack("ii", 1, 0)
_IDLE_S = 120.0


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


def be_sure_of_port(port: int) -> None:
    """Return if `port` of 127.0.0.1 can be had now.

    Raises:
        PortTaken: it cannot, and it is better to hear of that before anything runs.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
            trial.listen(1)
        except OSError as problem:
            raise PortTaken(port, problem.strerror or "") from None


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
        reader = RequestReader(connection)
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
