"""What the runtime does with the credentials the kubelet gives it.

A small OCI client that tries credentials the way the kubelet makes a runtime
try them: in order, first success wins, and no anonymous attempt after a
credential failed (K-180). Per attempt: manifest, challenge, bearer token,
manifest again, configuration blob; digests are checked.

Two things are on purpose unlike some real clients. A credential with an empty
username is sent as none at all, because that is what containerd does with it
(R-062, R-063). And a credential never goes to a realm on another host than
the registry's: clients that do so (R-216) leak by their own fault, which must
not be blamed on the provider (S-84).

Source: K-180, K-181, R-002, R-010, R-052, R-054.
"""

import base64
import http.client
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast
from urllib.parse import quote, urlsplit

from pullproof.adapters.credentials import repository_path
from pullproof.adapters.images import MANIFEST_TYPE, TAG, digest_of
from pullproof.model.challenge import Challenge, MalformedChallenge, parse_challenges
from pullproof.model.scenario import PullStep
from pullproof.model.transcript import Attempt, Pull

TIMEOUT_S = 10.0
_ACCEPT = f"{MANIFEST_TYPE}, application/vnd.docker.distribution.manifest.v2+json"
_USER_AGENT = "pullproof-runtime/1"


class PullCredential(Protocol):
    """A keyring credential (K-132), or anything of its shape."""

    @property
    def auth_key(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...


class _CannotPull(Exception):
    """One attempt ended without the image. `str()` holds no secret."""

    def __init__(self, detail: str, status: int = 0) -> None:
        super().__init__(detail)
        self.status = status


def pull_image(
    registry_host: str, step: PullStep, credentials: Sequence[PullCredential], image: str
) -> Pull:
    """Return what came of pulling `image` from the registry at `registry_host`.

    Args:
        registry_host: Where HTTP goes, whatever host the image names.
        step: Whose id the result carries.
        credentials: In keyring order; none means one anonymous attempt.
        image: With placeholders resolved.
    """
    repository = repository_path(image)
    attempts: list[Attempt] = []
    detail = ""
    for credential in credentials:
        status, detail = _attempt(
            registry_host, repository, credential.username, credential.password
        )
        opened = not detail
        attempts.append(
            Attempt(credential.auth_key, credential.username, credential.password, opened, status)
        )
        if opened:
            break
    if not credentials:
        _, detail = _attempt(registry_host, repository, "", "")
    return Pull(step.id, image, tuple(attempts), not detail, detail)


def _attempt(host: str, repository: str, username: str, password: str) -> tuple[int, str]:
    """Return the deciding status and what went wrong; "" if nothing did."""
    client = _Client(host)
    try:
        return _pull_once(client, repository, username, password), ""
    except _CannotPull as problem:
        return problem.status, str(problem)
    except (OSError, http.client.HTTPException) as problem:
        return 0, f"the registry did not answer ({type(problem).__name__})"
    finally:
        client.close()


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.headers if key.lower() == name)


class _Client:
    """One connection, one bearer token."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._connection = http.client.HTTPConnection(host, timeout=TIMEOUT_S)

    def close(self) -> None:
        self._connection.close()

    def get(self, target: str, authorization: str = "") -> _Reply:
        headers = {"User-Agent": _USER_AGENT, "Accept": _ACCEPT}
        if authorization:
            headers["Authorization"] = authorization
        self._connection.request("GET", target, headers=headers)
        response = self._connection.getresponse()
        return _Reply(response.status, tuple(response.getheaders()), response.read())


def _pull_once(client: _Client, repository: str, username: str, password: str) -> int:
    path = f"/v2/{repository}/manifests/{TAG}"
    reply, authorization = client.get(path), ""
    if reply.status == 401:
        challenge = _bearer_challenge(reply)
        token = _fetch_token(client, challenge, repository, username, password)
        authorization = f"Bearer {token}"
        reply = client.get(path, authorization)
    if reply.status != 200:
        raise _CannotPull(f"the registry answered {reply.status} for the manifest", reply.status)
    _check_digest(reply)
    _fetch_config(client, repository, reply, authorization)
    return reply.status


def _bearer_challenge(reply: _Reply) -> Challenge:
    for header in reply.all("www-authenticate"):
        try:
            challenges = parse_challenges(header)
        except MalformedChallenge:
            continue
        for challenge in challenges:
            if challenge.scheme == "bearer":
                return challenge
    raise _CannotPull("the registry offers no bearer challenge", reply.status)


def _fetch_token(
    client: _Client, challenge: Challenge, repository: str, username: str, password: str
) -> str:
    realm = urlsplit(challenge.get("realm") or "")
    if realm.scheme != "http" or realm.netloc != client.host:
        raise _CannotPull("the realm is on another host; nothing was sent there", 401)
    query = [("service", challenge.get("service") or "")]
    # the scope is the client's own idea of what it needs.
    query.append(("scope", f"repository:{repository}:pull"))
    authorization = ""
    if username:
        query.insert(0, ("account", username))
        pair = f"{username}:{password}".encode()
        authorization = "Basic " + base64.b64encode(pair).decode("ascii")
    # A realm's own query is kept (row realm-with-query of 4.1).
    parts = [realm.query] if realm.query else []
    parts += [f"{name}={quote(value, safe='')}" for name, value in query]
    reply = client.get(f"{realm.path or '/'}?{'&'.join(parts)}", authorization)
    if reply.status != 200:
        raise _CannotPull(f"the token service answered {reply.status}", reply.status)
    return _token_in(reply)


def _token_in(reply: _Reply) -> str:
    document = _object(reply.body)
    token = document.get("token") or document.get("access_token")
    if not isinstance(token, str):
        raise _CannotPull("the token service's answer holds no token", reply.status)
    return token


def _object(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise _CannotPull("the answer is no JSON object")
    return cast("dict[str, object]", value)


def _check_digest(reply: _Reply) -> None:
    # R-052, S-74: also on a pull by tag, where some clients do not look.
    for digest in reply.all("docker-content-digest"):
        if digest != digest_of(reply.body):
            raise _CannotPull("the manifest does not have the digest it is said to have", 200)


def _fetch_config(client: _Client, repository: str, reply: _Reply, authorization: str) -> None:
    config = _object(reply.body).get("config")
    digest = cast("dict[str, object]", config).get("digest") if isinstance(config, dict) else None
    if not isinstance(digest, str):
        raise _CannotPull("the manifest names no configuration", 200)
    blob = client.get(f"/v2/{repository}/blobs/{digest}", authorization)
    if blob.status != 200:
        raise _CannotPull(f"the registry answered {blob.status} for the configuration", blob.status)
    if digest_of(blob.body) != digest:
        raise _CannotPull("the configuration does not have the digest it was asked by", 200)


Puller = Callable[[PullStep, Sequence[PullCredential], str], Pull]
"""The shape of `World.pull`."""
