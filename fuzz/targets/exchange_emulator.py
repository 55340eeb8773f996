#!/usr/bin/env python3
"""The exchange mints only for a good token, only what its workload may pull, and never longer.

Input: HTTP requests as they come over the wire. Tokens are words (`token-a`,
`token-b`, `token-old`, `token-nobody`), so that a mutation can find one. Every
answer has a status of the protocol, may not be stored, and an error does not
repeat the token.

Source: X-130 to X-134, X-200 to X-222. Holds: S-01, S-03, S-05.
"""

from collections.abc import Iterator
from urllib.parse import urlencode

from pullproof.adapters.credentials import CredentialBook, Grants, SecretSource, Terms
from pullproof.adapters.exchange import GRANT_TYPE, MAX_CREDENTIAL_S, PATH, TOKEN_TYPE, Exchange
from pullproof.adapters.faults import Outcome
from pullproof.adapters.http_request import Request
from pullproof.fuzz.targets.support.http import as_bytes, requests
from pullproof.model.jose import ErrorClass, TokenRefused
from pullproof.model.provider import ProviderConfig
from pullproof.model.setup import Setup, Workload
from pullproof.model.verify import Verified

AUDIENCE = "registry.example"
NOW = 1_795_480_000.0
_STATUSES = frozenset({200, 400, 401, 404, 405, 413})


def _workload(letter: str) -> Workload:
    images = (f"{AUDIENCE}/team-{letter}/app",)
    return Workload(letter, f"team-{letter}", "puller", f"uid-{letter}", "web", "1", images=images)


def _verified(letter: str, lives_s: float) -> Verified:
    subject = f"system:serviceaccount:team-{letter}:puller"
    expires = NOW + lives_s
    return Verified("i", subject, f"team-{letter}", "puller", f"uid-{letter}", "j", expires, {})


TOKENS = {
    "token-a": _verified("a", 3000),
    "token-b": _verified("b", 30),
    "token-nobody": _verified("c", 3000),
}
MAY_PULL = {
    "team-a": {"team-a/app", "shared/tool"},
    "team-b": {"team-b/app", "shared/tool"},
}
"""By namespace."""


def _verify(token: str, now: float) -> Verified:
    try:
        return TOKENS[token]
    except KeyError:
        error = ErrorClass.EXPIRED if token == "token-old" else ErrorClass.BAD_SIGNATURE
        raise TokenRefused(error, "T-122", "no such token") from None


def _exchange() -> Exchange:
    served = tuple(f"{AUDIENCE}/{name}" for name in ("team-a/app", "team-b/app", "shared/tool"))
    workloads = (_workload("a"), _workload("b"))
    setup = Setup(ProviderConfig("p", (AUDIENCE,), 0), ("/p",), served=served, workloads=workloads)
    grants = Grants(setup, {})
    book = CredentialBook(SecretSource(1), "node-password", grants.everything)
    return Exchange(verifier=_verify, grants=grants, book=book, targets=frozenset({AUDIENCE}))


EXCHANGE = _exchange()


def check(data: bytes) -> None:
    """Send the requests in `data` to the exchange."""
    for request in requests(data):
        outcome = EXCHANGE.handle(request, step="s", now=NOW, terms=Terms())
        _check_reply(outcome)
        if outcome.minted is not None:
            _check_minted(outcome, request)


def from_corpus() -> Iterator[bytes]:
    """Yield exchanges, right and wrong."""
    form = {
        "grant_type": GRANT_TYPE,
        "subject_token": "token-a",
        "subject_token_type": TOKEN_TYPE + "jwt",
    }
    changes: tuple[dict[str, str], ...] = (
        {},
        {"subject_token": "token-b", "audience": AUDIENCE},
        {"scope": "repository:team-a/app:pull repository:team-b/app:pull"},
        {"scope": f"repository:{AUDIENCE}/shared/tool:pull,push"},
        {"subject_token": "token-old"},
        {"subject_token": "token-nobody"},
        {"resource": f"https://{AUDIENCE}/"},
        {"audience": "other.example"},
        {"actor_token": "x"},
        {"requested_token_type": TOKEN_TYPE + "access_token"},
    )
    for change in changes:
        yield _post(urlencode({**form, **change}))
    yield _post(urlencode(form) + "&subject_token=token-b")
    yield _post(urlencode(form), ("Authorization", "Basic YTpi"))
    yield as_bytes("GET", PATH) + _post(urlencode(form))


def _post(body: str, *headers: tuple[str, str]) -> bytes:
    form = ("Content-Type", "application/x-www-form-urlencoded")
    return as_bytes("POST", PATH, (form, *headers), body.encode())


def _check_reply(outcome: Outcome) -> None:
    reply = outcome.reply
    assert reply.status in _STATUSES, "a status of nobody's"
    assert (reply.status == 200) == (outcome.minted is not None), "200 and a credential are one"
    if reply.status != 405:
        assert ("Cache-Control", "no-store") in reply.headers, "an answer that may be stored"
    if reply.status != 200 and outcome.secret:
        shown = str(reply.document)
        assert len(outcome.secret) < 6 or outcome.secret not in shown, "the token is repeated"


def _check_minted(outcome: Outcome, request: Request) -> None:
    minted, reply = outcome.minted, outcome.reply
    assert minted is not None
    assert reply.document is not None
    verified = TOKENS[outcome.secret]
    assert outcome.secret.encode() in request.body, "a token that was not sent"
    assert minted.subject == verified.subject, "another workload's credential"
    assert minted.repos, "a credential for nothing"
    assert set(minted.repos) <= MAY_PULL[verified.namespace], "more than the workload may pull"
    assert minted.expires_wall_s is not None
    lifetime = minted.expires_wall_s - NOW
    assert 0 < lifetime <= MAX_CREDENTIAL_S, "too long"
    assert minted.expires_wall_s <= verified.expires_s, "longer than the token"
    assert reply.document["access_token"] == minted.password, "another password"
    assert reply.document["expires_in"] == lifetime, "another lifetime"


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
