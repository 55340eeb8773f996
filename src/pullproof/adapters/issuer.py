"""The API server as a token issuer: discovery, keys, and tokens of every kind.

One deviation from the real thing: the issuer is a plain http URL on loopback,
because its documents are served there without TLS (T-093 asks for https). The
exchange pins that very string and holds the keys of the document served here,
so nothing else about issuer pinning is different.

Source: sections 1.1, 1.2, 1.6 and 1.7; variants of section 2.4.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from pullproof.adapters.faults import Outcome, Reply
from pullproof.adapters.http_request import Request
from pullproof.adapters.keys import Role, SigningKey, ec_key, rsa_key
from pullproof.model.claims import (
    DEFAULT_LIFETIME_S,
    PRIVATE,
    BoundToken,
    Ref,
    encode_claims,
    legacy_claims,
)
from pullproof.model.jose import encode_compact
from pullproof.model.jwks import KeySet
from pullproof.model.scenario import TokenKind
from pullproof.model.setup import Workload

DISCOVERY_PATH = "/.well-known/openid-configuration"
JWKS_PATH = "/openid/v1/jwks"
SHORT_LIFETIME_S = 90
HUGE_TOKEN_CHARS = 256 * 1024
MANY_DOTS = 64 * 1024
_MAX_AGE = ("Cache-Control", "public, max-age=3600")
_LATE_S = 600
"""How far expired and early tokens are off: far beyond any legal leeway
(T-136), so that no verifier is asked at an edge."""


@dataclass(slots=True)
class _Draft:
    """A valid token that a recipe may change before it is signed."""

    issuer: "Issuer"
    claims: dict[str, object] = field(repr=False)
    header: dict[str, object] = field(repr=False)
    key: SigningKey
    now: int

    def signed(self) -> str:
        return encode_compact(self.header, encode_claims(self.claims), self.key.sign)


class Issuer:
    """Signs tokens for one cluster and serves its documents."""

    def __init__(self, url: str, *, seed: int, audience: str, other_issuer: str) -> None:
        self.url = url
        self.audience = audience
        self.other_issuer = other_issuer
        self._seed = seed

    @cached_property
    def rs256(self) -> SigningKey:
        return rsa_key(Role.CLUSTER, self._seed)

    @cached_property
    def es256(self) -> SigningKey:
        return ec_key(Role.CLUSTER, self._seed)

    @cached_property
    def attacker(self) -> SigningKey:
        return rsa_key(Role.ATTACKER, self._seed)

    @cached_property
    def other_cluster(self) -> SigningKey:
        return rsa_key(Role.OTHER_CLUSTER, self._seed)

    # --- documents ----------------------------------------------------------

    def discovery(self) -> dict[str, object]:
        """Return the discovery document: five members, no more (T-091)."""
        return {
            "issuer": self.url,
            "jwks_uri": self.url + JWKS_PATH,
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": sorted({self.rs256.alg, self.es256.alg}),
        }

    def jwks(self) -> dict[str, object]:
        """Return the published keys (T-095)."""
        return {"keys": [dict(self.rs256.jwk), dict(self.es256.jwk)]}

    @cached_property
    def keys(self) -> KeySet:
        """The published keys, read back as a relying party reads them."""
        return KeySet.from_document(json.loads(json.dumps(self.jwks())))

    @cached_property
    def others(self) -> Mapping[str, KeySet]:
        """The other cluster, trusted elsewhere and not here (JV-055)."""
        return {self.other_issuer: KeySet.from_document({"keys": [dict(self.other_cluster.jwk)]})}

    def handle(self, request: Request) -> Outcome:
        """Answer a request for one of the documents (T-090, T-092)."""
        documents = {
            DISCOVERY_PATH: (self.discovery, "application/json"),
            JWKS_PATH: (self.jwks, "application/jwk-set+json"),
        }
        if request.path not in documents:
            return Outcome(Reply(404, body=b"404 page not found\n", content_type="text/plain"))
        if request.method not in ("GET", "HEAD"):
            return Outcome(Reply(405, headers=(("Allow", "GET, HEAD"),)))
        document, content_type = documents[request.path]
        return Outcome(Reply(200, document(), headers=(_MAX_AGE,), content_type=content_type))

    # --- tokens -------------------------------------------------------------

    def token(self, kind: TokenKind, workload: Workload, *, jti: str, now: float) -> str:
        """Return a token of `kind` for `workload`, issued at `now`.

        Args:
            kind: EMPTY and ABSENT give the empty text.
            workload: Whose token.
            jti: A UUID; it also makes texts that are no JWT unique.
            now: Seconds since 1970; the fraction is cut off (T-014).
        """
        issued = int(now)
        bound = BoundToken(
            issuer=self.url,
            audiences=(self.audience,),
            namespace=workload.namespace,
            service_account=Ref(workload.service_account, workload.service_account_uid),
            issued_s=issued,
            expires_s=issued + DEFAULT_LIFETIME_S,
            jti=jti,
            pod=Ref(workload.pod, workload.pod_uid),
            node=Ref("node-1", str(uuid.uuid5(uuid.NAMESPACE_DNS, "node-1.example"))),
        )
        key = self.rs256
        draft = _Draft(self, bound.claims(), {"alg": key.alg, "kid": key.kid}, key, issued)
        return _RECIPES[kind](draft)


Recipe = Callable[[_Draft], str]


def _claims(change: Callable[[_Draft], Mapping[str, object]]) -> Recipe:
    """A token that differs in the claims that `change` returns."""

    def make(draft: _Draft) -> str:
        draft.claims.update(change(draft))
        return draft.signed()

    return make


def _without(claim: str) -> Recipe:
    def make(draft: _Draft) -> str:
        del draft.claims[claim]
        return draft.signed()

    return make


def _es256(draft: _Draft) -> str:
    draft.key = draft.issuer.es256
    draft.header = {"alg": draft.key.alg, "kid": draft.key.kid}
    return draft.signed()


def _typ_jwt(draft: _Draft) -> str:
    draft.header["typ"] = "JWT"
    return draft.signed()


def _other_cluster(draft: _Draft) -> str:
    draft.key = draft.issuer.other_cluster
    draft.header["kid"] = draft.key.kid
    draft.claims["iss"] = draft.issuer.other_issuer
    return draft.signed()


def _wrong_key(draft: _Draft) -> str:
    draft.key = draft.issuer.attacker
    return draft.signed()


def _unknown_kid(draft: _Draft) -> str:
    draft.header["kid"] = hashlib.sha256(draft.key.kid.encode()).hexdigest()[:43]
    return draft.signed()


def _alg_none(draft: _Draft) -> str:
    draft.header["alg"] = "none"
    return encode_compact(draft.header, encode_claims(draft.claims), lambda data: b"")


def _hs256_pem(draft: _Draft) -> str:
    draft.header["alg"] = "HS256"
    secret = draft.key.public_pem
    return encode_compact(
        draft.header,
        encode_claims(draft.claims),
        lambda data: hmac.digest(secret, data, "sha256"),
    )


def _embedded_jwk(draft: _Draft) -> str:
    draft.key = draft.issuer.attacker
    # The kid stays the trusted one: the case that fooled a registry (JV-027).
    draft.header["jwk"] = {**draft.key.jwk, "kid": draft.header["kid"]}
    return draft.signed()


def _tampered(draft: _Draft) -> str:
    head, _, signature = draft.signed().split(".")
    private = {**_private(draft), "namespace": "kube-system"}
    draft.claims |= {"sub": f"system:serviceaccount:kube-system:{_account(draft)}"}
    draft.claims |= {PRIVATE: private}
    payload = encode_compact({}, encode_claims(draft.claims), lambda data: b"").split(".")[1]
    return f"{head}.{payload}.{signature}"


def _private(draft: _Draft) -> dict[str, object]:
    return dict(cast("dict[str, object]", draft.claims[PRIVATE]))


def _account(draft: _Draft) -> str:
    return str(draft.claims["sub"]).rpartition(":")[2]


def _subject_mismatch(draft: _Draft) -> Mapping[str, object]:
    return {"sub": str(draft.claims["sub"]) + "-admin"}


def _legacy(draft: _Draft) -> str:
    namespace = str(draft.claims["sub"]).split(":")[2]
    account = Ref(_account(draft), str(uuid.uuid5(uuid.NAMESPACE_DNS, _account(draft))))
    draft.claims = legacy_claims(namespace, account, f"{account.name}-token-{_tag(draft)[:5]}")
    return draft.signed()


def _tag(draft: _Draft) -> str:
    """Return 32 hex digits that only this token has."""
    return str(draft.claims.get("jti", "")).replace("-", "")


def _huge(draft: _Draft) -> str:
    room = HUGE_TOKEN_CHARS * 3 // 4 - len(draft.signed()) * 3 // 4
    draft.claims["example.com/padding"] = "x" * max(0, room)
    return draft.signed()


def _nothing(draft: _Draft) -> str:
    return ""


_RECIPES: Mapping[TokenKind, Recipe] = {
    TokenKind.VALID: _Draft.signed,
    TokenKind.VALID_ES256: _es256,
    TokenKind.VALID_TYP_JWT: _typ_jwt,
    TokenKind.VALID_SHORT: _claims(
        lambda d: {
            "exp": d.now + SHORT_LIFETIME_S,
            "iat": d.now + SHORT_LIFETIME_S - DEFAULT_LIFETIME_S,
            "nbf": d.now + SHORT_LIFETIME_S - DEFAULT_LIFETIME_S,
        }
    ),
    TokenKind.EMPTY: _nothing,
    TokenKind.ABSENT: _nothing,
    TokenKind.EXPIRED: _claims(
        lambda d: {
            "exp": d.now - _LATE_S,
            "iat": d.now - _LATE_S - DEFAULT_LIFETIME_S,
            "nbf": d.now - _LATE_S - DEFAULT_LIFETIME_S,
        }
    ),
    TokenKind.NOT_YET_VALID: _claims(lambda d: {"nbf": d.now + _LATE_S}),
    TokenKind.WRONG_AUDIENCE: _claims(lambda d: {"aud": [f"not-{d.issuer.audience}"]}),
    TokenKind.API_AUDIENCE: _claims(lambda d: {"aud": [d.issuer.url]}),
    TokenKind.AUDIENCE_PREFIX: _claims(lambda d: {"aud": [f"{d.issuer.audience}.evil.example"]}),
    TokenKind.WRONG_ISSUER: _claims(lambda d: {"iss": d.issuer.url + "/"}),
    TokenKind.OTHER_CLUSTER: _other_cluster,
    TokenKind.WRONG_KEY: _wrong_key,
    TokenKind.UNKNOWN_KID: _unknown_kid,
    TokenKind.ALG_NONE: _alg_none,
    TokenKind.HS256_PEM: _hs256_pem,
    TokenKind.EMBEDDED_JWK: _embedded_jwk,
    TokenKind.TAMPERED: _tampered,
    TokenKind.NO_EXPIRY: _without("exp"),
    TokenKind.NO_SUBJECT: _without("sub"),
    TokenKind.SUBJECT_MISMATCH: _claims(_subject_mismatch),
    TokenKind.LEGACY: _legacy,
    TokenKind.NOT_A_JWT: lambda d: f"not-a-jwt-{_tag(d)}",
    TokenKind.MANY_DOTS: lambda d: _tag(d) + "." * MANY_DOTS,
    TokenKind.HUGE: _huge,
}
