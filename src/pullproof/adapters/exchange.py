"""The exchange: RFC 8693, with every parameter looked at.

A form with a service account token goes in, a registry credential of that
workload comes out. The password is `access_token`; the username to go with it
is the extension member `username`. Whatever is wrong is answered as OAuth
error; the description names the class of the error and never the token.

Nothing asserts the leeway at its edge: a token past its expiry but within the
leeway is accepted and gets a credential of one second.

Source: X-130 to X-134, X-200 to X-222. Holds: S-01, S-02, S-03, S-05.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from pullproof.adapters.credentials import CredentialBook, Grants, Terms, pulls, repository_path
from pullproof.adapters.faults import Outcome, Reply
from pullproof.adapters.http_request import Request
from pullproof.adapters.records import basic
from pullproof.model.jose import TokenRefused
from pullproof.model.scope import Scope, format_scopes, intersect, parse_scopes
from pullproof.model.verify import Verified

PATH = "/token"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
TOKEN_TYPE = "urn:ietf:params:oauth:token-type:"
SUBJECT_TOKEN_TYPES = frozenset({TOKEN_TYPE + "jwt", TOKEN_TYPE + "id_token"})
MAX_CREDENTIAL_S = 900
MAX_PARAMETERS = 100

_REPEATABLE = frozenset({"audience", "resource"})
_SINGLE = frozenset(
    {
        "grant_type", "subject_token", "subject_token_type", "scope", "requested_token_type",
        "actor_token", "actor_token_type", "client_id", "client_secret",
    }
)  # fmt: skip
_NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))

Verifier = Callable[[str, float], Verified]
"""(token, now) -> what it proves. Raises TokenRefused."""


class _OAuthError(Exception):
    """An answer of RFC 6749 section 5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True)
class _Form:
    """A form whose single parameters are single (X-209)."""

    single: Mapping[str, str] = field(repr=False)
    repeated: Mapping[str, tuple[str, ...]] = field(repr=False)


class Exchange:
    """Verifies tokens and mints credentials."""

    def __init__(
        self,
        *,
        verifier: Verifier,
        grants: Grants,
        book: CredentialBook,
        targets: frozenset[str],
    ) -> None:
        self._verify = verifier
        self._grants = grants
        self._book = book
        self._targets = targets

    def handle(self, request: Request, *, step: str, now: float, terms: Terms) -> Outcome:
        """Answer one request at the exchange's listener."""
        if request.path != PATH:
            return Outcome(Reply(404, {"error": "not_found"}, headers=_NO_STORE))
        if request.method != "POST":
            return Outcome(Reply(405, {"error": "invalid_request"}, headers=(("Allow", "POST"),)))
        token = ""
        try:
            _refuse_client(request)
            form = _read_form(request)
            token = form.single.get("subject_token", "")
            _check_grant(form)
            self._check_targets(form)
            return self._exchange(form, token, step, now, terms)
        except TokenRefused as refused:
            # RFC 8693 2.2.2 calls a bad subject token `invalid_request`.
            reply = _error_reply("invalid_request", f"subject_token: {refused.error}", 400)
            return Outcome(reply, secret=token, token_verdict=str(refused.error))
        except _OAuthError as problem:
            reply = _error_reply(problem.error, problem.description, problem.status)
            return Outcome(reply, secret=token, token_verdict=self._opinion(token, now))

    def _opinion(self, token: str, now: float) -> str:
        """Return the verdict on a token in a request that was refused anyway."""
        if not token:
            return ""
        try:
            self._verify(token, now)
        except TokenRefused as refused:
            return str(refused.error)
        return "accepted"

    def _check_targets(self, form: _Form) -> None:
        for audience in form.repeated["audience"]:
            if audience not in self._targets:
                raise _OAuthError("invalid_target", "audience is not one of ours")
        for resource in form.repeated["resource"]:
            parts = urlsplit(resource)
            if not parts.scheme or not parts.netloc or "#" in resource:
                raise _OAuthError("invalid_request", "resource is no absolute URI")
            if resource not in self._targets and parts.netloc not in self._targets:
                raise _OAuthError("invalid_target", "resource is not one of ours")

    def _exchange(self, form: _Form, token: str, step: str, now: float, terms: Terms) -> Outcome:
        verified = self._verify(token, now)
        workload = self._grants.workload(
            verified.namespace, verified.service_account, verified.service_account_uid
        )
        if workload is None:  # S-22: issuer and audience alone open nothing
            reply = _error_reply(
                "invalid_request", "subject_token: no policy for this subject", 400
            )
            return Outcome(reply, token, "accepted", verified.subject)
        try:
            granted = self._granted(form, self._grants.of_workload(workload))
        except _OAuthError as problem:
            reply = _error_reply(problem.error, problem.description, problem.status)
            return Outcome(reply, token, "accepted", verified.subject)
        lifetime = _lifetime(verified.expires_s - now, terms)
        repos = tuple(scope.name for scope in granted)
        minted = self._book.draft_workload(
            step, verified.subject, repos, now + lifetime, special=terms.special
        )
        document: dict[str, object] = {
            "access_token": minted.password,
            "issued_token_type": TOKEN_TYPE + "access_token",
            "token_type": "Bearer",
            "expires_in": int(lifetime),
            "scope": format_scopes(granted),
            "username": minted.username,
        }
        reply = Reply(200, document, headers=_NO_STORE)
        return Outcome(reply, token, "accepted", verified.subject, minted)

    def _granted(self, form: _Form, repos: tuple[str, ...]) -> tuple[Scope, ...]:
        """Return the scopes to grant: asked for and permitted (X-205)."""
        text = form.single.get("scope", "")
        if not text:
            return pulls(repos)
        requested, _ = parse_scopes(text)
        granted = intersect((_without_host(scope) for scope in requested), pulls(repos))
        if not granted:
            raise _OAuthError("invalid_scope", "nothing of what was asked for is permitted")
        return granted


def _without_host(scope: Scope) -> Scope:
    # a name may carry the registry's host, with its port.
    return Scope(scope.type, repository_path(scope.name), scope.actions)


def _lifetime(remaining_s: float, terms: Terms) -> float:
    if terms.lifetime_s is not None:
        return terms.lifetime_s
    # S-03: never longer than the token lives; whole seconds, cut off.
    return float(max(1, int(min(remaining_s, MAX_CREDENTIAL_S))))


def _error_reply(error: str, description: str, status: int) -> Reply:
    document = {"error": error, "error_description": description}
    challenge = (("WWW-Authenticate", 'Basic realm="exchange"'),) if status == 401 else ()
    return Reply(status, document, headers=(*_NO_STORE, *challenge))


def _refuse_client(request: Request) -> None:
    # no client is registered here, so any client password is wrong.
    if basic(request.header("Authorization")) is not None:
        raise _OAuthError("invalid_client", "no such client", 401)


def _read_form(request: Request) -> _Form:
    media_type = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise _OAuthError("invalid_request", "the body is no form")
    if not request.complete:
        raise _OAuthError("invalid_request", "the body is too large", 413)
    try:
        pairs = parse_qsl(
            request.body.decode("ascii"),
            keep_blank_values=False,  # RFC 6749 3.1: no value means not sent
            strict_parsing=False,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError:
        raise _OAuthError("invalid_request", "the form cannot be read") from None
    return _sort(pairs)


def _sort(pairs: list[tuple[str, str]]) -> _Form:
    single: dict[str, str] = {}
    repeated: dict[str, tuple[str, ...]] = dict.fromkeys(_REPEATABLE, ())
    for name, value in pairs:
        if name in _REPEATABLE:
            repeated[name] = (*repeated[name], value)
        elif name in single and name in _SINGLE:
            raise _OAuthError("invalid_request", f"{name} appears twice")
        else:
            single[name] = value
    return _Form(single, repeated)


def _check_grant(form: _Form) -> None:
    """Check everything that can be judged without looking into the token."""
    one = form.single
    if "grant_type" not in one:
        raise _OAuthError("invalid_request", "grant_type is missing")
    if one["grant_type"] != GRANT_TYPE:
        raise _OAuthError("unsupported_grant_type", "only token exchange is spoken here")
    for name in ("subject_token", "subject_token_type"):
        if name not in one:
            raise _OAuthError("invalid_request", f"{name} is missing")
    if one["subject_token_type"] not in SUBJECT_TOKEN_TYPES:
        raise _OAuthError("invalid_request", "subject_token_type is not supported")
    if one.get("requested_token_type", TOKEN_TYPE + "access_token") != TOKEN_TYPE + "access_token":
        raise _OAuthError("invalid_request", "requested_token_type is not supported")
    if ("actor_token" in one) != ("actor_token_type" in one):
        raise _OAuthError("invalid_request", "actor_token and its type go together")
    if "actor_token" in one:
        raise _OAuthError("invalid_request", "actor tokens are not supported")
