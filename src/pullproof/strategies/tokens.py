"""Claims of service account tokens: the API server's own, and deviations.

Covers T-010 to T-029 and the claim rows of the JV table. Claims only: signing
needs keys, and keys are the adapters'.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from pullproof.model.claims import PRIVATE, BoundToken, Ref
from pullproof.model.verify import DEFAULT_LEEWAY_S
from pullproof.strategies.deviation import Change, Deviation, deviations, drop, put

ISSUER = "https://issuer.example"
AUDIENCE = "registry.example"
LIFETIME_S = 3600

Claims = dict[str, Any]

_LABELS = st.from_regex(r"[a-z][a-z0-9]{0,10}(-[a-z0-9]{1,8})?", fullmatch=True)
_UIDS = st.uuids().map(str)


@st.composite
def token_claims(
    draw: st.DrawFn, now: int, *, issuer: str = ISSUER, audience: str = AUDIENCE
) -> Claims:
    """Return the claims of a token that is valid at `now` (seconds since 1970).

    Between 0 and 50 minutes old, bound to a pod (T-016).
    """
    issued = now - draw(st.integers(0, 3000))
    token = BoundToken(
        issuer=issuer,
        audiences=(audience,),
        namespace=draw(_LABELS),
        service_account=Ref(draw(_LABELS), draw(_UIDS)),
        issued_s=issued,
        expires_s=issued + LIFETIME_S,
        jti=draw(_UIDS),
        pod=Ref(draw(_LABELS), draw(_UIDS)),
        node=draw(st.none() | st.builds(Ref, _LABELS, _UIDS)),
    )
    return token.claims()


def deviant_claims(
    now: int, *, issuer: str = ISSUER, audience: str = AUDIENCE
) -> st.SearchStrategy[Deviation[Claims]]:
    """Return claims that are wrong in exactly one thing at `now`."""
    changes = {name: _changed(make(now)) for name, make in CHANGES.items()}
    return deviations(token_claims(now, issuer=issuer, audience=audience), changes)


def _changed(change: Change) -> Callable[[Claims], Claims]:
    def apply(claims: Claims) -> Claims:
        copy: Claims = json.loads(json.dumps(claims))
        change(copy)
        return copy

    return apply


def _always(change: Change) -> Callable[[int], Change]:
    return lambda now: change


CHANGES: Mapping[str, Callable[[int], Change]] = {
    "expired": lambda now: _times(now - 2 * LIFETIME_S),
    "not yet valid": lambda now: _times(now + LIFETIME_S),
    "expired at the end of the leeway": lambda now: _times(now - LIFETIME_S - DEFAULT_LEEWAY_S),
    "valid from a second after the leeway": lambda now: _times(now + DEFAULT_LEEWAY_S + 1),
    "lives longer than a day": lambda now: put(now + 86401, "exp"),
    "no exp": _always(drop("exp")),
    "exp as text": lambda now: put(str(now + 60), "exp"),
    "other audience": _always(put(["other.example"], "aud")),
    "audience of the API server": _always(put(["https://kubernetes.default.svc"], "aud")),
    "audience with a prefix": _always(put([AUDIENCE + ".evil.example"], "aud")),
    "no audience": _always(put([], "aud")),
    "other issuer": _always(put("https://other.example", "iss")),
    "issuer with a slash": _always(put(ISSUER + "/", "iss")),
    "no sub": _always(drop("sub")),
    "sub of another namespace": _always(put("system:serviceaccount:other:other", "sub")),
    "sub of a user": _always(put("system:admin", "sub")),
    "no private claims": _always(drop(PRIVATE)),
}
"""Changes by name; each gets the time at which the claims are looked at."""


def _times(issued: int) -> Change:
    def change(claims: Claims) -> None:
        claims |= {"iat": issued, "nbf": issued, "exp": issued + LIFETIME_S}

    return change
