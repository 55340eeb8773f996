"""Comparison of tokens: the API server's generator and validator, and ours.

`issueToken`: the token that Kubernetes makes is, byte for byte, the one that
our issuer makes (an ECDSA signature excepted), and the reference verifier
takes it.

`judgeToken`: the API server's authenticator and the reference verifier judge
the same token. A relying party must be stricter in some points, because it
cannot look objects up, or because the rules ask for it: `Change.is_lenient`.
With those changes left out both must agree.

Source: T-001 to T-069, T-100 to T-140.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pullproof.adapters.keys import Role, SigningKey, ec_key, rsa_key
from pullproof.model.claims import PRIVATE, BoundToken, Ref, encode_claims
from pullproof.model.jose import TokenRefused, b64url_encode, encode_compact
from pullproof.model.jwks import KeySet
from pullproof.model.verify import Policy, verify
from pullproof.oracle.comparison import Comparison, Context, JsonMap, encoded
from pullproof.oracle.mutation import pick

ISSUER, AUDIENCE = "https://issuer.example", "registry.example"
NOW_S = 1_800_000_000
SECOND_NS = 1_000_000_000
POLICY = Policy(ISSUER, AUDIENCE, max_lifetime_s=None)


class Issued(NamedTuple):
    """A token that is asked for, and when."""

    is_ec: bool = False
    audiences: tuple[str, ...] = (AUDIENCE,)
    namespace: str = "team-a"
    account: str = "puller"
    pod: str = "pod-1"
    node: str = "node-1"
    life_s: int = 3600
    offset_ns: int = 0


def _key(is_ec: bool) -> SigningKey:
    return ec_key(Role.CLUSTER, 1) if is_ec else rsa_key(Role.CLUSTER, 1)


@cache
def _private_pem(is_ec: bool) -> str:
    private = _key(is_ec).private
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@cache
def _keys() -> KeySet:
    return KeySet.from_document({"keys": [dict(_key(is_ec).jwk) for is_ec in (False, True)]})


def _uid(name: str) -> str:
    return f"uid-of-{name}"


def _bound(value: Issued) -> BoundToken:
    return BoundToken(
        issuer=ISSUER,
        audiences=value.audiences,
        namespace=value.namespace,
        service_account=Ref(value.account, _uid(value.account)),
        issued_s=NOW_S,
        expires_s=NOW_S + value.life_s,
        jti="00000000-0000-4000-8000-000000000000",
        pod=Ref(value.pod, _uid(value.pod)) if value.pod else None,
        node=Ref(value.node, _uid(value.node)) if value.node else None,
    )


def _named(name: str) -> JsonMap | None:
    return {"name": name, "uid": _uid(name)} if name else None


# issueToken.


def _issued(rng: Random, seeds: Sequence[Issued]) -> Issued:
    return Issued(
        rng.random() < 0.3,
        pick(rng, ((AUDIENCE,), (AUDIENCE,), (AUDIENCE, "other"), ("é<&>\u2028",), ("",))),
        pick(rng, ("team-a", "team-b", "x" * 63)),
        pick(rng, ("puller", "a.b-c", "y" * 200)),
        pick(rng, ("pod-1", "pod-1", "")),
        pick(rng, ("node-1", "node.example", "")),
        pick(rng, (600, 3600, 86400, 1)),
        pick(rng, (0, 0, 1, 999_999_999)),
    )


def _ask_issued(value: Issued, context: Context) -> JsonMap:
    bound = _bound(value)
    return {
        "issuer": ISSUER,
        "key": _private_pem(value.is_ec),
        "now": NOW_S * SECOND_NS + value.offset_ns,
        "seconds": value.life_s,
        "audiences": list(value.audiences),
        "namespace": value.namespace,
        "account": _named(value.account),
        "pod": _named(value.pod),
        "node": _named(value.node),
        "jti": bound.jti,
    }


def _model_issued(value: Issued, context: Context) -> object:
    key, claims = _key(value.is_ec), _bound(value).claims()
    token = encode_compact({"alg": key.alg, "kid": key.kid}, encode_claims(claims), key.sign)
    return _without_chance(value, token), AUDIENCE in value.audiences


def _real_issued(value: Issued, real: JsonMap, context: Context) -> object:
    if "error" in real:
        return str(real["error"])
    token = real["token"]
    return _without_chance(value, token), _verdict(token, NOW_S)


def _without_chance(value: Issued, token: str) -> str:
    return token.rpartition(".")[0] if value.is_ec else token


def _verdict(token: str, now: float) -> bool:
    try:
        verify(token, keys=_keys(), policy=POLICY, now=now)
    except TokenRefused:
        return False
    return True


# judgeToken.


@dataclass(slots=True)
class _Draft:
    """A token before it is signed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    key: SigningKey

    @property
    def private(self) -> dict[str, Any]:
        found: dict[str, Any] = self.claims[PRIVATE]
        return found

    def signed(self) -> str:
        payload = json.dumps(self.claims, separators=(",", ":")).encode()
        return encode_compact(self.header, payload, self.key.sign)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different about a token."""

    make: Callable[[_Draft], object] | None = None
    text: Callable[[str], str] = str
    """Changes the signed text."""
    is_lenient: bool = False
    """The API server takes it, and a relying party must not (T-100 to T-140)."""
    target: str = ""
    """What it changes; only one change of each is made."""


def _claim(name: str, value: object, *, is_lenient: bool = False) -> Change:
    return Change(lambda draft: draft.claims.update({name: value}), str, is_lenient, name)


def _without(name: str, *, is_lenient: bool = False) -> Change:
    return Change(lambda draft: draft.claims.pop(name, None), str, is_lenient, name)


def _head(name: str, value: object, *, is_lenient: bool = False) -> Change:
    return Change(lambda draft: draft.header.update({name: value}), str, is_lenient, name)


def _signed_by(role: Role, *, keeps_kid: bool) -> Change:
    def make(draft: _Draft) -> None:
        draft.key = rsa_key(role, 1)
        draft.header["alg"] = draft.key.alg
        if not keeps_kid:
            draft.header["kid"] = draft.key.kid

    return Change(make, target="kid")


def _tampered(text: str) -> str:
    head, payload, signature = text.split(".")
    return f"{head}.{payload[:-2]}{'A' if payload[-2] != 'A' else 'B'}{payload[-1]}.{signature}"


def _unsigned(text: str) -> str:
    _, payload, _ = text.split(".")
    header = b64url_encode(b'{"alg":"none"}')
    return f"{header}.{payload}."


CHANGES: Mapping[str, Change] = {
    "expired": _claim("exp", NOW_S - 61),
    "expired within leeway": _claim("exp", NOW_S - 59),
    "not yet": _claim("nbf", NOW_S + 61),
    "not yet within leeway": _claim("nbf", NOW_S + 59),
    "issued ahead": _claim("iat", NOW_S + 61),
    "issued ahead within leeway": _claim("iat", NOW_S + 59),
    "no nbf": _without("nbf"),
    "no iat": _without("iat"),
    "no jti": _without("jti"),
    "fractional exp": _claim("exp", NOW_S + 100.5),
    "exp as text": _claim("exp", str(NOW_S + 100)),
    "other audience": _claim("aud", ["other"]),
    "audience as text": _claim("aud", AUDIENCE),
    "two audiences": _claim("aud", ["other", AUDIENCE]),
    "audience as number": _claim("aud", 1),
    "audience list with a number": _claim("aud", [1]),
    "other issuer": _claim("iss", f"{ISSUER}/"),
    "no issuer": _without("iss"),
    "issuer as list": _claim("iss", [ISSUER]),
    "other claim": _claim("more", {"a": 1}),
    "no private claims": _without(PRIVATE),
    "private claims as text": _claim(PRIVATE, "x"),
    "account without name": Change(lambda d: d.private.update(serviceaccount={"uid": "u"})),
    "no namespace": Change(lambda d: d.private.pop("namespace")),
    "no node": Change(lambda d: d.private.pop("node", None)),
    "bound to nothing": Change(lambda d: (d.private.pop("pod", 0), d.private.pop("node", 0))),
    "no kid": Change(lambda d: d.header.pop("kid", None), target="kid"),
    "unknown kid": _head("kid", "nobody"),
    "attacker's key": _signed_by(Role.ATTACKER, keeps_kid=True),
    "attacker's key and kid": _signed_by(Role.ATTACKER, keeps_kid=False),
    "unknown crit": _head("crit", ["x"]),
    "alg HS256": _head("alg", "HS256"),
    "tampered": Change(text=_tampered),
    "unsigned": Change(text=_unsigned),
    "no signature": Change(text=lambda text: text.rpartition(".")[0] + "."),
    "two parts": Change(text=lambda text: text.rpartition(".")[0]),
    "four parts": Change(text=lambda text: text + ".x"),
    "empty": Change(text=lambda text: ""),
    "no exp": _without("exp", is_lenient=True),
    "no audience": _without("aud", is_lenient=True),
    "empty audience": _claim("aud", [], is_lenient=True),
    "no subject": _without("sub", is_lenient=True),
    "other subject": _claim("sub", "system:serviceaccount:kube-system:admin", is_lenient=True),
    "typ of an access token": _head("typ", "at+jwt", is_lenient=True),
    "jku": _head("jku", "https://elsewhere.example/keys", is_lenient=True),
}


class Judged(NamedTuple):
    """A token with what is different about it."""

    changes: tuple[str, ...]
    is_ec: bool = False


def _token(value: Judged, *, lenient: bool) -> str:
    key = _key(value.is_ec)
    draft = _Draft({"alg": key.alg, "kid": key.kid}, _bound(Issued()).claims(), key)
    changes = [CHANGES[name] for name in value.changes]
    changes = [change for change in changes if lenient or not change.is_lenient]
    for change in changes:
        if change.make is not None and _fits(draft):
            change.make(draft)
    text = draft.signed()
    for change in changes:
        text = change.text(text) if text.count(".") == 2 else text
    return text


def _fits(draft: _Draft) -> bool:
    """Return whether there are private claims still to be changed."""
    return isinstance(draft.claims.get(PRIVATE), dict)


def _judged(rng: Random, seeds: Sequence[Judged]) -> Judged:
    names = tuple(CHANGES)
    count = int(rng.random() * 3.2)
    picked = [pick(rng, names) for _ in range(count)]
    by_target = {CHANGES[name].target or name: name for name in picked}
    return Judged(tuple(by_target.values()), rng.random() < 0.3)


def _ask_judged(value: Judged, context: Context) -> JsonMap:
    base = Issued()
    return {
        "token": encoded(_token(value, lenient=True)),
        "issuer": ISSUER,
        "keys": [_key(is_ec).public_pem.decode() for is_ec in (False, True)],
        "audience": AUDIENCE,
        "now": NOW_S * SECOND_NS,
        "namespace": base.namespace,
        "account": _named(base.account),
        "pod": _named(base.pod),
    }


def _model_judged(value: Judged, context: Context) -> object:
    accepted = _verdict(_token(value, lenient=False), NOW_S)
    is_lenient = any(CHANGES[name].is_lenient for name in value.changes)
    return accepted, accepted and not is_lenient


def _real_judged(value: Judged, real: JsonMap, context: Context) -> object:
    accepted = bool(real["accepted"])
    return accepted, _verdict(_token(value, lenient=True), NOW_S)


def _smaller_judged(value: Judged) -> Iterator[Judged]:
    for at in range(len(value.changes)):
        yield value._replace(changes=value.changes[:at] + value.changes[at + 1 :])


def _each_alone(context: Context) -> list[Judged]:
    return [Judged((name,), is_ec) for name in CHANGES for is_ec in (False, True)]


def _nothing(value: Issued) -> Iterator[Issued]:
    for name, default in Issued._field_defaults.items():
        yield value._replace(**{name: default})


def _is_accepted(answer: Any) -> bool:
    return not isinstance(answer, str) and bool(answer[0])


COMPARISONS: tuple[Comparison[Any], ...] = (
    Comparison(
        "issueToken", ("T-001", "T-002", "T-010", "T-012", "T-014", "T-016", "T-025"),
        _issued, _ask_issued, _model_issued, _real_issued, _nothing,
    ),
    Comparison(
        "judgeToken", ("T-060", "T-066", "T-110", "T-130", "T-132", "T-134", "T-135", "T-137"),
        _judged, _ask_judged, _model_judged, _real_judged, _smaller_judged,
        seeds=_each_alone, is_positive=_is_accepted,
    ),
)  # fmt: skip
