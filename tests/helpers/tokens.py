"""Makes tokens for tests, without a line of the code under test.

Keys come from `cryptography`'s own generator, base64 and JSON from the
standard library, so a mistake in `pullproof.model.jose` cannot hide itself.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

ISSUER = "https://issuer.example"
AUDIENCE = "registry.example"
NOW = 1795480000
Json = dict[str, Any]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def as_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def good_header(**changes: object) -> Json:
    return _changed({"alg": "RS256", "kid": "rsa-1"}, changes)


def good_claims(**changes: object) -> Json:
    """The payload of section 1.2; `None` as a change takes a claim away."""
    claims: Json = {
        "aud": [AUDIENCE],
        "exp": NOW + 3000,
        "iat": NOW - 600,
        "iss": ISSUER,
        "jti": "2b7c1c0e-0e0f-4a53-9d36-2f4d4f5d9f11",
        "kubernetes.io": private_claims(),
        "nbf": NOW - 600,
        "sub": "system:serviceaccount:team-a:puller",
    }
    return _changed(claims, changes)


def private_claims(**changes: object) -> Json:
    private: Json = {
        "namespace": "team-a",
        "node": {"name": "node-1", "uid": "6a0f"},
        "pod": {"name": "web-0", "uid": "1c2d"},
        "serviceaccount": {"name": "puller", "uid": "9e8f"},
    }
    return _changed(private, changes)


class Gone:
    """Stands for a member that is to be taken away."""

    def __repr__(self) -> str:
        return "gone"


GONE = Gone()


def _changed(members: Json, changes: Mapping[str, object]) -> Json:
    merged = {**members, **changes}
    return {name: value for name, value in merged.items() if value is not GONE}


@cache
def rsa_private(name: str = "issuer", bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return a key; one per name and size in a test run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_private(name: str = "issuer", curve: str = "P-256") -> ec.EllipticCurvePrivateKey:
    curves: Mapping[str, ec.EllipticCurve] = {
        "P-256": ec.SECP256R1(),
        "P-384": ec.SECP384R1(),
        "P-521": ec.SECP521R1(),
    }
    return ec.generate_private_key(curves[curve])


_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


def rs_sign(data: bytes, *, key: rsa.RSAPrivateKey | None = None, alg: str = "RS256") -> bytes:
    digest = _HASHES[alg[2:]]
    if alg.startswith("PS"):
        pss = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
        return (key or rsa_private()).sign(data, pss, digest)
    return (key or rsa_private()).sign(data, padding.PKCS1v15(), digest)


def es_sign_der(
    data: bytes, *, key: ec.EllipticCurvePrivateKey | None = None, alg: str = "ES256"
) -> bytes:
    return (key or ec_private()).sign(data, ec.ECDSA(_HASHES[alg[2:]]))


def es_sign(
    data: bytes, *, key: ec.EllipticCurvePrivateKey | None = None, alg: str = "ES256"
) -> bytes:
    size = {"ES256": 32, "ES384": 48, "ES512": 66}[alg]
    r, s = utils.decode_dss_signature(es_sign_der(data, key=key, alg=alg))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def hs_sign(data: bytes, secret: bytes) -> bytes:
    return hmac.new(secret, data, hashlib.sha256).digest()


def rsa_jwk(private: rsa.RSAPrivateKey | None = None, **changes: object) -> Json:
    numbers = (private or rsa_private()).public_key().public_numbers()
    jwk: Json = {
        "kty": "RSA",
        "use": "sig",
        "kid": "rsa-1",
        "alg": "RS256",
        "n": b64(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": "AQAB",
    }
    return _changed(jwk, changes)


def ec_jwk(
    private: ec.EllipticCurvePrivateKey | None = None, crv: str = "P-256", **changes: object
) -> Json:
    point = (private or ec_private()).public_key().public_numbers()
    size = {"secp256r1": 32, "secp384r1": 48, "secp521r1": 66}[point.curve.name]
    jwk: Json = {
        "kty": "EC",
        "use": "sig",
        "kid": "ec-1",
        "crv": crv,
        "x": b64(point.x.to_bytes(size, "big")),
        "y": b64(point.y.to_bytes(size, "big")),
    }
    return _changed(jwk, changes)


def jwks(*keys: Json) -> Json:
    """Return a key set: one RSA and one P-256 key unless others are given."""
    return {"keys": list(keys or (rsa_jwk(), ec_jwk()))}


def compact(head: bytes, payload: bytes, signature: bytes | None = None) -> str:
    """Return the token with these very bytes, RS256-signed unless told otherwise."""
    signing_input = f"{b64(head)}.{b64(payload)}"
    if signature is None:
        signature = rs_sign(signing_input.encode())
    return f"{signing_input}.{b64(signature)}"


def rs256(header: Json | None = None, claims: Json | bytes | None = None) -> str:
    payload = claims if isinstance(claims, bytes) else as_json(claims or good_claims())
    return compact(as_json(header or good_header()), payload)


def es256(header: Json | None = None, claims: Json | None = None) -> str:
    head = as_json(header or {"alg": "ES256", "kid": "ec-1"})
    payload = as_json(claims or good_claims())
    signing_input = f"{b64(head)}.{b64(payload)}".encode()
    return compact(head, payload, es_sign(signing_input))
