"""The payload of a service account token, as the API server writes it.

`BoundToken` is the writer's side: exact members, exact order. The grammar of
names is here too, because writer and verifier must agree on it.

Source: T-010 to T-029, T-080.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pullproof.model.jose import encode_json

NUMERIC_DATE_MAX = 253402300799
"""The last second of year 9999: the suite's ceiling for dates (JV-042)."""

DEFAULT_LIFETIME_S = 3600
"""What the kubelet gets, since it asks for nothing else (T-044)."""

PRIVATE = "kubernetes.io"
"""A member name with a dot in it, not a path (T-016)."""

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAMESPACE = re.compile(rf"{_LABEL}\Z")
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
_PREFIX = ("system", "serviceaccount")


def is_namespace(text: str) -> bool:
    """Return whether `text` is an RFC 1123 label (T-026)."""
    return len(text) <= 63 and _NAMESPACE.match(text) is not None


def is_service_account_name(text: str) -> bool:
    """Return whether `text` is an RFC 1123 subdomain (T-027)."""
    return len(text) <= 253 and _NAME.match(text) is not None


def split_subject(subject: str) -> tuple[str, str] | None:
    """Return (namespace, name) of a `sub` claim, or None if it is none.

    Compared code point by code point: no folding, no trimming, no decoding.

    >>> split_subject("system:serviceaccount:team-a:puller")
    ('team-a', 'puller')
    >>> split_subject("system:serviceaccount:team-a:puller:x") is None
    True

    Source: T-011, T-027, T-138.
    """
    fields = subject.split(":")
    if len(fields) != 4 or tuple(fields[:2]) != _PREFIX:
        return None
    namespace, name = fields[2:]
    if not (is_namespace(namespace) and is_service_account_name(name)):
        return None
    return namespace, name


@dataclass(frozen=True, slots=True)
class Ref:
    """An object a token is bound to or speaks of."""

    name: str
    uid: str = ""

    def claim(self) -> dict[str, object]:
        """Return the claim; an empty uid is left out (T-025)."""
        return {"name": self.name, "uid": self.uid} if self.uid else {"name": self.name}


@dataclass(frozen=True, slots=True)
class BoundToken:
    """What a Pod-bound token says. Times are whole seconds since 1970."""

    issuer: str
    audiences: tuple[str, ...]
    namespace: str
    service_account: Ref
    issued_s: int
    expires_s: int
    jti: str
    pod: Ref | None = None
    node: Ref | None = None

    @property
    def subject(self) -> str:
        return ":".join((*_PREFIX, self.namespace, self.service_account.name))

    def claims(self) -> dict[str, object]:
        """Return the claims with exactly the members the API server writes.

        Source: T-010 to T-020, T-025; never `warnafter` (T-044).
        """
        private: dict[str, object] = {
            "namespace": self.namespace,
            "serviceaccount": self.service_account.claim(),
        }
        if self.node is not None:
            private["node"] = self.node.claim()
        if self.pod is not None:
            private["pod"] = self.pod.claim()
        return {
            "aud": list(self.audiences),  # T-012: a list even for one audience
            "exp": self.expires_s,
            "iat": self.issued_s,
            "iss": self.issuer,
            "jti": self.jti,
            PRIVATE: private,
            "nbf": self.issued_s,
            "sub": self.subject,
        }


def encode_claims(claims: Mapping[str, object]) -> bytes:
    """Return the payload bytes: members sorted at every level, compact."""
    return encode_json(claims)


def legacy_claims(namespace: str, service_account: Ref, secret: str) -> dict[str, object]:
    """Return the flat claims of a Secret-based token, which never expires.

    Source: T-080. The kubelet's pull flow cannot produce one (T-083).
    """
    return {
        "iss": "kubernetes/serviceaccount",
        "kubernetes.io/serviceaccount/namespace": namespace,
        "kubernetes.io/serviceaccount/secret.name": secret,
        "kubernetes.io/serviceaccount/service-account.name": service_account.name,
        "kubernetes.io/serviceaccount/service-account.uid": service_account.uid,
        "sub": ":".join((*_PREFIX, namespace, service_account.name)),
    }
