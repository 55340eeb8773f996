"""A back end of a few lines for providers under test: exchange and node endpoint."""

import contextlib
import json
import threading
import urllib.parse
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PASSWORD = 'minted "quoted" \\ <&> é'


class BackEnd(ThreadingHTTPServer):
    """`reply` is what both endpoints answer; `forms` is what the exchange was sent."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply: dict[str, Any] | bytes = {
            "username": "robot",
            "access_token": PASSWORD,
            "password": PASSWORD,
            "token_type": "Bearer",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "expires_in": 900,
        }
        self.forms: list[dict[str, list[str]]] = []
        self.paths: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(size).decode()
        assert isinstance(self.server, BackEnd)
        self.server.forms.append(urllib.parse.parse_qs(body))
        self._answer(self.server)

    def do_GET(self) -> None:
        assert isinstance(self.server, BackEnd)
        self._answer(self.server)

    def _answer(self, server: BackEnd) -> None:
        server.paths.append(self.path)
        reply = server.reply
        data = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(server.status)
        if 300 <= server.status < 400:
            self.send_header("Location", f"{server.url}/elsewhere")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def back_end() -> Generator[BackEnd, None, None]:
    server = BackEnd()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
