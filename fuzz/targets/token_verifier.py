#!/usr/bin/env python3
"""Nothing is accepted that PyJWT refuses, that was not signed, or that has two spellings.

Input: header and payload, one line each; the target signs them. Or one line: a
whole token. PyJWT checks signature, issuer, audience and the types it knows; it
is laxer in many ways, so only what ours accepts is compared, and what ours
refuses is refused with a class. Times are asked here once more.

Source: T-100 to T-140. Holds: S-01, S-02, S-14.
"""

import json
from collections.abc import Iterator
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pullproof.fuzz.targets.support.json_mutator import json_mutator
from pullproof.model.jose import TokenRefused, b64url_decode, b64url_encode
from pullproof.model.jwks import KeySet, public_jwk, raw_signature
from pullproof.model.verify import Policy, Verified, verify

ISSUER = "https://issuer.example"
AUDIENCE = "registry.example"
NOW = 1_795_480_000
POLICY = Policy(ISSUER, AUDIENCE)
_PRIVATE = ec.derive_private_key(0x70756C6C70726F6F66, ec.SECP256R1())
"""Guards nothing."""
KEYS = KeySet.from_document({"keys": [public_jwk(_PRIVATE.public_key(), "ec-1")]})
_PUBLIC: Any = _PRIVATE.public_key()
_HEADER = {"alg": "ES256", "kid": "ec-1"}
_CLAIMS = {
    "aud": [AUDIENCE],
    "exp": NOW + 3000,
    "iat": NOW - 600,
    "iss": ISSUER,
    "jti": "2b7c1c0e",
    "kubernetes.io": {
        "namespace": "team-a",
        "pod": {"name": "web-0", "uid": "1c2d"},
        "serviceaccount": {"name": "puller", "uid": "9e8f"},
    },
    "nbf": NOW - 600,
    "sub": "system:serviceaccount:team-a:puller",
}
_WRONG: tuple[dict[str, Any], ...] = (
    {"exp": NOW - 61}, {"exp": NOW - 60}, {"exp": NOW - 59}, {"exp": True}, {"nbf": NOW + 61},
    {"nbf": NOW + 60}, {"iat": NOW + 61}, {"aud": "other"}, {"aud": []}, {"iss": ISSUER + "/"},
    {"sub": "system:serviceaccount:team-b:puller"}, {"exp": 1e300}, {"exp": NOW + 90_000},
)  # fmt: skip
mutate = json_mutator(
    (*_CLAIMS, *_HEADER, "crit", "b64", "typ", "jku", "serviceaccount", "namespace", "none",
     "HS256", "JWT", AUDIENCE, ISSUER, "system:serviceaccount:team-b:puller"),
    separator=b"\n",
)  # fmt: skip


def check(data: bytes) -> None:
    """Verify the token in `data`, or the one that it makes."""
    header, newline, payload = data.partition(b"\n")
    if not newline:
        _check_foreign(data.decode("latin-1"))
        return
    signing_input = f"{b64url_encode(header)}.{b64url_encode(payload)}"
    token = f"{signing_input}.{b64url_encode(_signature(signing_input.encode()))}"
    found = _verified(token)
    if found is None:
        return
    _check_accepted(found)
    options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    claims = jwt.decode(
        token, _PUBLIC, ["ES256"], audience=AUDIENCE, issuer=ISSUER, options=options
    )
    assert claims["sub"] == found.subject, "PyJWT reads another subject"
    _check_spellings(token)


def from_corpus() -> Iterator[bytes]:
    """Yield a good token, wrong ones, and texts that are none."""
    header = json.dumps(_HEADER).encode()
    yield header + b"\n" + json.dumps(_CLAIMS).encode()
    for change in _WRONG:
        yield header + b"\n" + json.dumps({**_CLAIMS, **change}).encode()
    for extra in ({"crit": ["x"]}, {"b64": False}, {"typ": "JWT"}, {"alg": "none"}, {"jku": "x"}):
        yield json.dumps({**_HEADER, **extra}).encode() + b"\n" + json.dumps(_CLAIMS).encode()
    whole = b64url_encode(header) + "." + b64url_encode(json.dumps(_CLAIMS).encode())
    yield f"{whole}.{b64url_encode(bytes(63) + bytes([1]))}".encode()  # nobody signed it
    yield b"eyJhbGciOiJub25lIn0.e30."
    yield b"a.b.c"
    yield b"{}.."


def _signature(data: bytes) -> bytes:
    der = _PRIVATE.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return raw_signature(der, "ES256")


def _verified(token: str) -> Verified | None:
    try:
        return verify(token, keys=KEYS, policy=POLICY, now=NOW)
    except TokenRefused as refused:
        _check_refusal(refused)
        return None


def _check_refusal(problem: TokenRefused) -> None:
    assert problem.rule, "no rule"
    assert problem.detail, "no detail"


def _check_foreign(token: str) -> None:
    """Nobody but us has the key."""
    found = _verified(token)
    if found is not None:
        signing_input, _, signature = token.rpartition(".")
        # Signatures are repeatable here, so only ones of ours may pass.
        expected = b64url_encode(_signature(signing_input.encode("latin-1")))
        assert signature == expected, "a signature that nobody made"


def _check_accepted(found: Verified) -> None:
    claims: Any = found.claims
    assert claims["iss"] == ISSUER, "another issuer"
    assert AUDIENCE in claims["aud"], "for somebody else"
    assert found.expires_s > NOW - 60, "expired"
    assert claims.get("nbf", 0) <= NOW + 60, "not yet valid"
    assert claims.get("iat", 0) <= NOW + 60, "issued in the future"
    subject = f"system:serviceaccount:{found.namespace}:{found.service_account}"
    assert claims["sub"] == subject, "subject and account differ"
    private = claims["kubernetes.io"]
    assert private["namespace"] == found.namespace, "another namespace"
    assert private["serviceaccount"]["name"] == found.service_account, "another account"


def _check_spellings(token: str) -> None:
    for other in (token + "=", token + ".", " " + token, token[:-1], _with_spare_bit(token)):
        assert _verified(other) is None, "a second spelling of one token"


def _with_spare_bit(token: str) -> str:
    """Return another text whose last segment stands for the same 64 bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(b64url_decode(token.rpartition(".")[2])) == 64, "no ES256 signature"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
