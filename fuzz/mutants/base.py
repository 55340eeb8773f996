"""A correct provider cut into steps, so that a mutant can get one step wrong.

Runs as a program by itself, and must then pass every check: a mutant differs
from it in what its own few lines say and in nothing else. Standard library
only, because mutants run as plain scripts; `http.client` and `re` are imported
where they are needed, because most execs are over before that.

Environment (see the templates in `setups/`):

    PROVIDER_REGISTRIES   registries it serves, `host[:port]`, comma-separated
    PROVIDER_IDENTITY     workload, node or pass-through
    PROVIDER_VERSIONS     protocol versions it speaks, comma-separated
    EXCHANGE_URL          RFC 8693 exchange, for workload
    NODE_URL              node credential endpoint, for node
    PROVIDER_ANNOTATION   an annotation without which there is no credential, if any
    PROVIDER_TIMEOUT_S    bound for everything together, 20 if absent
"""

import json
import os
import sys
import threading
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NoReturn, cast

GROUP = "credentialprovider.kubelet.k8s.io"
MAX_REQUEST_BYTES = 4 * 1024 * 1024
MAX_REPLY_BYTES = 64 * 1024
MAX_CACHE_S = 12 * 3600

Document = dict[str, Any]
Headers = Mapping[str, str]


class Refused(Exception):
    """There is no answer; the text tells why and quotes nothing received."""


class Unreachable(Refused):
    """The back end gave no HTTP reply at all."""


class BadStatus(Refused):
    """The back end answered with another status than 200."""

    def __init__(self, who: str, status: int) -> None:
        super().__init__(f"{who} answered with status {status}")
        self.status = status


@dataclass(frozen=True)
class Credential:
    """What the exchange or the node endpoint gave."""

    username: str
    password: str = field(repr=False)
    life_s: int
    """Seconds until it expires; 0 if the reply did not say."""


@dataclass(frozen=True)
class Reply:
    """An HTTP reply, at most `MAX_REPLY_BYTES` of it."""

    status: int
    headers: Headers
    """Names in small letters."""
    body: bytes = field(repr=False)
    whole: bool
    """The body was neither cut short nor larger than the bound."""


class Provider:
    """The steps, in the order they run."""

    identity = os.environ.get("PROVIDER_IDENTITY", "workload")
    registries = tuple(filter(None, os.environ.get("PROVIDER_REGISTRIES", "").split(",")))
    versions = tuple(os.environ.get("PROVIDER_VERSIONS", "v1").split(","))
    annotation = os.environ.get("PROVIDER_ANNOTATION", "")
    cache_key_type = "Image"
    io_timeout_s: float | None = 10.0

    # Reading the request.

    def read_request(self, stream: BinaryIO) -> bytes:
        """Return everything up to the end of `stream`."""
        data = stream.read(MAX_REQUEST_BYTES + 1)
        if len(data) > MAX_REQUEST_BYTES:
            raise Refused("the request is larger than 4 MiB")
        return data

    def decode(self, data: bytes) -> Document:
        """Return the request as an object with a usable image."""
        request = self.parse(data, "the request")
        self.check_version(request)
        self.check_kind(request)
        if not isinstance(request.get("image"), str):
            raise Refused("the request has no image, or it is not a string")
        return request

    def parse(self, data: bytes, what: str) -> Document:
        """Return `data` as a JSON object; only white space may surround it."""
        try:
            value = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise Refused(f"{what} is not one JSON document in UTF-8") from None
        if not isinstance(value, dict):
            raise Refused(f"{what} is not a JSON object")
        return cast("Document", value)

    def check_version(self, request: Document) -> None:
        known = [f"{GROUP}/{version}" for version in self.versions]
        if request.get("apiVersion") not in known:
            raise Refused(f"the request's apiVersion is none of {', '.join(known)}")

    def check_kind(self, request: Document) -> None:
        if request.get("kind") != "CredentialProviderRequest":
            raise Refused("the request's kind is not CredentialProviderRequest")

    # Deciding what to answer.

    def decide(self, request: Document) -> Document:
        """Return the response to a well-formed request."""
        image: str = request["image"]
        if not self.owns(image):
            return self.decline(request)
        self.check_image(image)
        self.check_annotation(request)
        credential = self.credential(request)
        auth = {self.auth_key(image): self.entry(credential)}
        return self.answer(request, auth, self.cache(credential))

    def host(self, image: str) -> str:
        """Return the registry of `image`, port included."""
        return image.partition("/")[0]

    def owns(self, image: str) -> bool:
        return self.host(image) in self.registries

    def check_image(self, image: str) -> None:
        import re

        part = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
        path = image.partition("/")[2]
        if not all(part.fullmatch(item) for item in path.split("/")):
            raise Refused("the image is not a repository name")

    def annotations(self, request: Document) -> dict[str, str]:
        """Return the annotations that the request carries; empty if there are none."""
        given = request.get("serviceAccountAnnotations")
        if not isinstance(given, dict):
            return {}
        pairs = cast("Document", given).items()
        return {key: value for key, value in pairs if isinstance(value, str)}

    def check_annotation(self, request: Document) -> None:
        if self.annotation and self.annotation not in self.annotations(request):
            raise Refused(f"the service account has no annotation {self.annotation}")

    def decline(self, request: Document) -> Document:
        """Return the answer for an image of a registry it does not serve."""
        return self.answer(request, {}, "0s")

    def auth_key(self, image: str) -> str:
        """Return the narrowest key that matches `image`: its own name."""
        return image

    def entry(self, credential: Credential) -> Document:
        return {"username": credential.username, "password": credential.password}

    def cache(self, credential: Credential) -> str | None:
        """Return the cacheDuration: what is left, less a margin; 0 if unknown."""
        margin_s = max(30, credential.life_s // 10)
        return f"{max(0, min(credential.life_s - margin_s, MAX_CACHE_S))}s"

    # Getting the credential.

    def credential(self, request: Document) -> Credential:
        if self.identity == "node":
            return self.node()
        token = self.token(request)
        if self.identity == "pass-through":
            return Credential("token", token, 0)
        return self.exchange(token)

    def token(self, request: Document) -> str:
        token = request.get("serviceAccountToken")
        if not isinstance(token, str) or not token:
            raise Refused("the request has no service account token; configure tokenAttributes")
        if not token.isascii():
            raise Refused("the service account token is not a JWT")
        return token

    def exchange(self, token: str) -> Credential:
        form = urllib.parse.urlencode(self.form(token)).encode()
        url = self.exchange_url(token)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = self.talk("POST", url, headers, form)
        return self.accept(reply, "the exchange", "access_token")

    def form(self, token: str) -> dict[str, str]:
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
        }

    def exchange_url(self, token: str) -> str:
        return os.environ.get("EXCHANGE_URL", "")

    def node(self) -> Credential:
        """Return the credential of the node (the identity of last resort)."""
        reply = self.talk("GET", os.environ.get("NODE_URL", ""), {}, b"")
        return self.accept(reply, "the node endpoint", "password")

    def accept(self, reply: Reply, who: str, secret: str) -> Credential:
        """Return the credential in `reply`, refusing all that is not right."""
        if reply.status != 200:
            raise BadStatus(who, reply.status)
        if not reply.whole:
            raise Refused(f"{who}'s reply is too large or was cut short")
        document = self.parse(reply.body, f"{who}'s reply")
        username = self.member(document, "username", who)
        return Credential(username, self.member(document, secret, who), self.life(document, who))

    def member(self, document: Document, name: str, who: str) -> str:
        value = document.get(name)
        if not isinstance(value, str) or not value:
            raise Refused(f"{who}'s reply has no usable {name}")
        return value

    def life(self, document: Document, who: str) -> int:
        if "expires_in" not in document:
            return 0
        value = document["expires_in"]
        if type(value) is not int or value <= 0:
            raise Refused(f"{who}'s reply has no usable expires_in")
        return value

    def talk(self, method: str, url: str, headers: Headers, body: bytes) -> Reply:
        """Return the reply to one request; no redirect, no proxy, verified TLS."""
        import http.client

        parts = urllib.parse.urlsplit(url)
        secure = parts.scheme == "https"
        if not secure and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise Refused("the URL is neither https nor on loopback")
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.io_timeout_s)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body or None, {**headers, "Connection": "close"})
            reply = connection.getresponse()
            data = reply.read(self.reply_limit() + 1)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"no reply from the back end ({type(error).__name__})") from None
        finally:
            connection.close()
        announced = reply.getheader("Content-Length", str(len(data)))
        whole = announced == str(len(data)) and len(data) <= self.reply_limit()
        headers = {name.lower(): value for name, value in reply.getheaders()}
        return Reply(reply.status, headers, data, whole)

    def reply_limit(self) -> int:
        return MAX_REPLY_BYTES

    # Answering.

    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        response: Document = {
            "apiVersion": request["apiVersion"],
            "kind": "CredentialProviderResponse",
            "cacheKeyType": self.cache_key_type,
            "auth": auth,
        }
        if duration is not None:
            response["cacheDuration"] = duration
        return response

    def encode(self, response: Document) -> str:
        return json.dumps(response) + "\n"

    def emit(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    def on_refused(self, error: Refused) -> int:
        """Say why, in one line, and return the exit status."""
        print(f"provider: {error}", file=sys.stderr)
        return 1

    # Running.

    def timeout_s(self) -> float | None:
        """Return the bound for one exec, well inside the kubelet's minute."""
        return float(os.environ.get("PROVIDER_TIMEOUT_S", "20"))

    def run(self) -> int:
        """Return the exit status of one exec."""
        limit_s = self.timeout_s()
        if limit_s is not None:
            watchdog = threading.Timer(limit_s, _give_up)
            watchdog.daemon = True
            watchdog.start()
        try:
            return self.steps()
        except Refused as error:
            return self.on_refused(error)

    def steps(self) -> int:
        request = self.decode(self.read_request(sys.stdin.buffer))
        self.emit(self.encode(self.decide(request)))
        return 0


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _give_up() -> None:
    """End the process, also in the middle of a slow system call."""
    os.write(2, b"provider: gave up, PROVIDER_TIMEOUT_S is over\n")
    os._exit(1)


def main(provider: type[Provider]) -> None:
    """Run `provider` and end the process with its exit status."""
    sys.exit(provider().run())


if __name__ == "__main__":
    main(Provider)
