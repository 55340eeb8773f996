"""Setups for worlds, and the plainest client that can talk to one."""

import base64
import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from pullproof.adapters.world import World
from pullproof.model.provider import ProviderConfig, TokenAttributes
from pullproof.model.scenario import ExecStep, Fault, FaultKind, TokenKind
from pullproof.model.setup import Identity, Setup, Workload

AUDIENCE = "registry.example"
SERVED = (
    "registry.example:5000/team-a/app",
    "registry.example:5000/team-b/app",
    "registry.example:5000/shared/tool",
)
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"


def workload(letter: str) -> Workload:
    return Workload(
        name=letter,
        namespace=f"team-{letter}",
        service_account="puller",
        service_account_uid=f"uid-{letter}",
        pod=f"web-{letter}",
        pod_uid=f"pod-uid-{letter}",
        images=(f"registry.example:5000/team-{letter}/app",),
    )


A, B = workload("a"), workload("b")


def setup(identity: Identity = Identity.WORKLOAD, audience: str = AUDIENCE) -> Setup:
    attributes = TokenAttributes(audience, require_service_account=True)
    provider = ProviderConfig("p", ("registry.example:5000",), 0, token_attributes=attributes)
    return Setup(provider, ("/p",), identity=identity, served=SERVED, workloads=(A, B))


@dataclass(frozen=True)
class Got:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def send(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = 5.0,
) -> Got:
    """Send one request and follow nothing."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Got(response.status, names, response.read())
    finally:
        connection.close()


def post_form(url: str, pairs: list[tuple[str, str]], timeout: float = 5.0) -> Got:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return send(url, "POST", urlencode(pairs).encode(), headers, timeout)


def form(token: str, **changes: str | None) -> list[tuple[str, str]]:
    """A good exchange form; None takes a parameter away."""
    members: dict[str, str | None] = {
        "grant_type": GRANT_TYPE,
        "subject_token": token,
        "subject_token_type": JWT_TYPE,
        **changes,
    }
    return [(name, value) for name, value in members.items() if value is not None]


def exchange(world: World, token: str, **changes: str | None) -> Got:
    return post_form(world.names["exchange.url"], form(token, **changes))


def basic(username: str, password: str) -> dict[str, str]:
    pair = f"{username}:{password}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


def step(
    step_id: str = "s",
    *,
    exchange: tuple[Fault, ...] = (),
    registry: tuple[Fault, ...] = (),
    group: str = "",
) -> ExecStep:
    return ExecStep(
        step_id, SERVED[0], workload="a", exchange=exchange, registry=registry, group=group
    )


def fault(kind: FaultKind, arg: str = "", times: int = 0) -> tuple[Fault, ...]:
    return (Fault(kind, arg, times),)


def minted_for(world: World, who: Workload) -> tuple[str, str]:
    """Return username and password of a fresh credential, leaving no record."""
    got = exchange(world, world.token(TokenKind.VALID, who, "setup"))
    assert got.status == 200
    world.take()
    return got.json["username"], got.json["access_token"]
