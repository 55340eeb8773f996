"""The registry's token service: passwords in, short bearer tokens out.

Both flavours are spoken: GET with Basic and the OAuth2 POST. What is granted
is the intersection of what was asked and what the credential opens; an empty
grant is no error here and becomes the registry's refusal. Wrong credentials
are never taken for no credentials, because a public image would then hide an
expired password (R-014).

Bearer tokens are opaque here. A real service signs them for a registry that
lives elsewhere (R-034); this one is its own registry.

Source: R-010 to R-023, R-240 to R-244. Holds: S-05, S-18.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from pullproof.adapters.credentials import SecretSource, pulls
from pullproof.adapters.faults import Outcome, Reply
from pullproof.adapters.http_request import Request
from pullproof.adapters.records import basic
from pullproof.model.scope import MAX_SCOPES, Scope, format_scopes, intersect, parse_scopes

PATH = "/token"
LIFETIME_S = 300
MIN_LIFETIME_S = 60
"""Older clients cannot handle less (R-011, R-241)."""

_NO_STORE = (("Cache-Control", "no-store"),)


@dataclass(frozen=True, slots=True)
class Login:
    """What became of a username and password."""

    ok: bool
    repos: tuple[str, ...] = ()
    subject: str = ""
    expires_wall_s: float | None = None
    token_verdict: str = ""
    """If the password was read as a service account token."""


Authenticate = Callable[[str, str, float], Login]
"""(username, password, now) -> what they open."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a bearer token is worth."""

    scopes: tuple[Scope, ...]
    expires_wall_s: float


class TokenService:
    """Issues bearer tokens for one registry; thread-safe."""

    def __init__(self, authenticate: Authenticate, secrets: SecretSource) -> None:
        self._authenticate = authenticate
        self._secrets = secrets
        self._lock = threading.Lock()
        self._issued: dict[str, Bearer] = {}

    def clear(self) -> None:
        """Forget every bearer token."""
        with self._lock:
            self._issued = {}

    def find(self, token: str, now: float) -> Bearer | None:
        """Return what `token` is worth at `now`, None if nothing."""
        with self._lock:
            bearer = self._issued.get(token)
        return bearer if bearer is not None and now < bearer.expires_wall_s else None

    def handle(self, request: Request, *, service: str, now: float) -> Outcome:
        """Answer one request at the realm."""
        if request.method == "GET":
            return self._get(request, service, now)
        if request.method == "POST":
            return self._post(request, service, now)
        return Outcome(Reply(405, headers=(("Allow", "GET, POST"),)))

    def _get(self, request: Request, service: str, now: float) -> Outcome:
        pairs = parse_qsl(request.query, errors="replace")
        scopes = [value for name, value in pairs if name == "scope"][:MAX_SCOPES]
        requested, _ = parse_scopes(" ".join(scopes))
        login, password = Login(ok=True), ""
        if request.header("Authorization") is not None:
            username, password = basic(request.header("Authorization")) or ("", "")
            login = self._authenticate(username, password, now)
        if not login.ok:
            return Outcome(_unauthorized(service), password, login.token_verdict)
        token, _, lifetime = self._issue(login, requested, now)
        document: dict[str, object] = {
            "token": token,
            "access_token": token,
            "expires_in": lifetime,
            "issued_at": _timestamp(now),
        }
        reply = Reply(200, document, headers=_NO_STORE)
        return Outcome(reply, password, login.token_verdict, login.subject)

    def _post(self, request: Request, service: str, now: float) -> Outcome:
        form, problem = _read_form(request)
        if problem:
            return Outcome(_oauth_error(problem), form.get("password", ""))
        password = form["password"]
        login = self._authenticate(form["username"], password, now)
        if not login.ok:
            return Outcome(_oauth_error("invalid_grant"), password, login.token_verdict)
        requested, _ = parse_scopes(form.get("scope", ""))
        token, granted, lifetime = self._issue(login, requested, now)
        document: dict[str, object] = {
            "access_token": token,
            "scope": format_scopes(granted),
            "expires_in": lifetime,
            "issued_at": _timestamp(now),
        }
        reply = Reply(200, document, headers=_NO_STORE)
        return Outcome(reply, password, login.token_verdict, login.subject)

    def _issue(
        self, login: Login, requested: tuple[Scope, ...], now: float
    ) -> tuple[str, tuple[Scope, ...], int]:
        granted = intersect(requested, pulls(login.repos))
        left = LIFETIME_S if login.expires_wall_s is None else login.expires_wall_s - now
        lifetime = max(MIN_LIFETIME_S, int(min(LIFETIME_S, left)))
        token = "ppb_" + self._secrets.next("bearer")[1]
        with self._lock:
            self._issued[token] = Bearer(granted, now + lifetime)
        return token, granted, lifetime


def _read_form(request: Request) -> tuple[dict[str, str], str]:
    """Return the form and the OAuth error it deserves, or an empty text."""
    media_type = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        return {}, "invalid_request"
    try:
        pairs = parse_qsl(request.body.decode("ascii"), errors="strict")
    except ValueError:
        return {}, "invalid_request"
    form = dict(pairs)
    if len(form) != len(pairs) or not {"grant_type", "service", "client_id"} <= form.keys():
        return form, "invalid_request"
    if form["grant_type"] == "refresh_token":
        return form, "invalid_grant"  # none was ever issued here
    if form["grant_type"] != "password":
        return form, "unsupported_grant_type"
    return form, "" if {"username", "password"} <= form.keys() else "invalid_request"


def _oauth_error(error: str) -> Reply:
    return Reply(400, {"error": error}, headers=_NO_STORE)


def _unauthorized(service: str) -> Reply:
    errors = [{"code": "UNAUTHORIZED", "message": "incorrect username or password"}]
    header = ("Www-Authenticate", f'Basic realm="{service}"')
    return Reply(401, {"errors": errors}, headers=(header, *_NO_STORE))


def _timestamp(now: float) -> str:
    return datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
