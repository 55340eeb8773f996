#!/usr/bin/env python3
"""The registry shows content only to a bearer token whose login opens that very repository.

Input: HTTP requests as they come over the wire. `Bearer LAST` and `Bearer FIRST`
stand for tokens that were issued before, the header `X-Advance` lets seconds
pass. Which repository was shown is read off the content, not off the path.
Every refusal is a challenge that our parser reads and that asks for no more than
the path says.

Source: R-001 to R-014, R-028 to R-037, R-045 to R-058. Holds: S-05, S-18.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from pullproof.adapters.credentials import SecretSource
from pullproof.adapters.faults import Outcome, Reply
from pullproof.adapters.http_request import Request
from pullproof.adapters.images import digest_of, image_of
from pullproof.adapters.registry import Registry
from pullproof.adapters.token_service import LIFETIME_S, PATH, Login, TokenService
from pullproof.fuzz.targets.support.http import as_bytes, number, requests
from pullproof.model.challenge import parse_challenges
from pullproof.model.scope import parse_scope

HOST = "127.0.0.1:5000"
REPOSITORIES = ("team-a/app", "team-b/app", "shared/tool")
OPENS = {
    "password-a": ("team-a/app", "shared/tool"),
    "password-b": ("team-b/app", "shared/tool"),
}
_NOW = 1_795_480_000.0
_OWN = {
    text: name
    for name in REPOSITORIES
    for text in (
        image_of(name).manifest,
        *(data for kind, data in image_of(name).blobs.values() if "config" in kind),
    )
}
"""Content that only one repository has."""
_STATUSES = frozenset({200, 301, 400, 401, 403, 404, 405})


@dataclass(frozen=True)
class _Issued:
    """A bearer token, as its login was."""

    repos: tuple[str, ...]
    expires: float


class _World:
    def __init__(self) -> None:
        self.now = _NOW
        self.login = Login(ok=True)
        self.issued: dict[str, _Issued] = {}
        tokens = TokenService(self.authenticate, SecretSource(1))
        self.registry = Registry(HOST, REPOSITORIES, tokens)

    def authenticate(self, username: str, password: str, now: float) -> Login:
        self.login = Login(password in OPENS, OPENS.get(password, ()), username)
        return self.login

    def send(self, request: Request) -> None:
        self.now += number(request, "X-Advance", 1000)
        request = self._resolved(request)
        self.login = Login(ok=True)
        outcome = self.registry.handle(request, now=self.now)
        reply = outcome.reply
        assert reply.status in _STATUSES, "a status of nobody's"
        if request.path == PATH:
            self._check_issued(outcome)
        elif reply.status == 200:
            self._check_shown(request, reply)
        elif reply.status == 401:
            _check_challenge(reply)
        elif reply.status == 301:
            location = dict(reply.headers)["Location"]
            assert "//" not in location.partition("?")[0], "a path that is not clean"

    def _resolved(self, request: Request) -> Request:
        names = list(self.issued)
        values = {"Bearer FIRST": names[:1], "Bearer LAST": names[-1:]}
        headers = tuple(
            (name, f"Bearer {values[value][0]}" if values.get(value) else value)
            for name, value in request.headers
        )
        return replace(request, headers=headers)

    def _check_issued(self, outcome: Outcome) -> None:
        if outcome.reply.status != 200:
            return
        assert self.login.ok, "a wrong password is taken for none"
        document = outcome.reply.document or {}
        token = str(document["access_token"])
        self.issued[token] = _Issued(self.login.repos, self.now + LIFETIME_S)

    def _check_shown(self, request: Request, reply: Reply) -> None:
        token = (request.header("Authorization") or "").partition(" ")[2].strip()
        known = self.issued.get(token)
        assert known is not None, "shown without a token of ours"
        assert self.now < known.expires, "shown with an expired token"
        if reply.document is not None and "name" in reply.document:
            assert reply.document["name"] in known.repos, "tags of another repository"
        elif reply.body:
            owner = _OWN.get(reply.body)
            assert owner is None or owner in known.repos, "content of another repository"
            digest = dict(reply.headers).get("Docker-Content-Digest")
            assert digest == digest_of(reply.body), "another digest"
        else:
            assert request.path == "/v2/", "an empty answer"


def check(data: bytes) -> None:
    """Send the requests in `data` to a new registry."""
    world = _World()
    for request in requests(data):
        world.send(request)


def from_corpus() -> Iterator[bytes]:
    """Yield pulls, by the right and by the wrong workload."""
    last = ("Authorization", "Bearer LAST")
    for repo in REPOSITORIES:
        for password in (*OPENS, "wrong"):
            manifest = as_bytes("GET", f"/v2/{repo}/manifests/latest", (last,))
            yield _login(password, repo) + manifest
        digests = (*image_of(repo).blobs, image_of(repo).digest)
        blobs = b"".join(
            as_bytes("GET", f"/v2/{repo}/blobs/{digest}", (last,)) for digest in digests
        )
        yield _login("password-a", repo) + blobs
    ping = as_bytes("GET", "/v2/", (last,))
    late = as_bytes("GET", "/v2/team-a/app/tags/list", (last, ("X-Advance", "400")))
    yield _login("password-a", "team-a/app") + ping + late
    yield as_bytes("GET", "/v2/") + as_bytes("GET", "/v2/team-a//app/../manifests/latest")
    form = {"grant_type": "password", "service": HOST, "client_id": "c", "username": "u"}
    body = urlencode({**form, "password": "password-b", "scope": "repository:team-b/app:pull"})
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    posted = as_bytes("POST", PATH, (kind,), body.encode())
    yield posted + as_bytes("HEAD", "/v2/team-b/app/manifests/latest", (last,))
    yield posted + as_bytes("DELETE", "/v2/team-b/app/manifests/latest", (last,))
    yield _login("password-a", "team-a/app") + as_bytes("GET", "/v2/_catalog", (last,))


def _login(password: str, repo: str) -> bytes:
    basic = base64.b64encode(f"user:{password}".encode()).decode()
    target = f"{PATH}?service={HOST}&scope=repository:{repo}:pull"
    return as_bytes("GET", target, (("Authorization", f"Basic {basic}"),))


def _check_challenge(reply: Reply) -> None:
    (challenge,) = parse_challenges(dict(reply.headers)["Www-Authenticate"])
    assert challenge.scheme == "bearer", "another scheme"
    assert challenge.get("realm") == f"http://{HOST}{PATH}", "another realm"
    assert challenge.get("service") == HOST, "another service"
    scope = challenge.get("scope")
    if scope is not None:
        assert parse_scope(scope).type in ("repository", "registry"), "another kind of scope"


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
