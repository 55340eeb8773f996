"""Requests for emulators, out of bytes and without a network."""

import socket
from collections.abc import Iterator
from typing import cast

from pullproof.adapters.http_request import Request, RequestReader

MOST_REQUESTS = 8


class _Bytes:
    """What a reader of requests wants of a connection."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def recv(self, size: int) -> bytes:
        found, self._data = self._data[:size], self._data[size:]
        return found

    def sendall(self, data: bytes) -> None:
        """Answers in between go nowhere."""


def requests(data: bytes) -> Iterator[Request]:
    """Yield the requests that `data` holds, one after the other as on one connection."""
    reader = RequestReader(cast("socket.socket", _Bytes(data)))
    for _ in range(MOST_REQUESTS):
        request = reader.request()
        if request is None:
            return
        yield request
        if not request.keep_alive:
            return


def number(request: Request, name: str, most: int) -> int:
    """Return a number that a header says, from 0 to `most`."""
    text = request.header(name) or ""
    return min(int(text[:9]), most) if text.isascii() and text.isdecimal() else 0


def as_bytes(
    method: str, target: str, headers: tuple[tuple[str, str], ...] = (), body: bytes = b""
) -> bytes:
    """Return a request as it comes over the wire."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
