"""Requests as they come over the wire, whole or not.

What cannot be parsed is kept as bytes: a TLS handshake at a port that speaks
plain http, or half a request, is still somebody who came (E-037).
"""

import socket
from dataclasses import dataclass, field

MAX_HEAD_BYTES = 1024 * 1024
"""Large enough that a huge token in a header is recorded and not cut."""
MAX_BODY_BYTES = 4 * 1024 * 1024
_CHUNK = 64 * 1024

Headers = tuple[tuple[str, str], ...]


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


class RequestReader:
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
