"""An issuer's published keys, filtered and bound, and signatures by them.

A key belongs to one algorithm and to one issuer. A key that is broken (weak,
off its curve, named for another algorithm) stays in the set under its `kid`,
so that choosing it is refused by its own name instead of as an unknown one.

Source: T-007, T-090 to T-099, T-110 to T-121.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard, cast
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pullproof.model.jose import ErrorClass, TokenRefused, b64url_decode, b64url_encode

MIN_RSA_BITS = 2048
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True)
class Curve:
    """What a curve name stands for (T-005, T-120)."""

    alg: str
    curve: ec.EllipticCurve
    hash: hashes.HashAlgorithm
    size: int
    """Bytes of a coordinate and of r or s."""
    order: int


CURVES: Mapping[str, Curve] = {
    "P-256": Curve(
        "ES256", ec.SECP256R1(), hashes.SHA256(), 32,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    ),
    "P-384": Curve(
        "ES384", ec.SECP384R1(), hashes.SHA384(), 48,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    ),
    "P-521": Curve(
        "ES512", ec.SECP521R1(), hashes.SHA512(), 66,
        0x1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,
    ),
}  # fmt: skip

_CURVE_OF_ALG = {curve.alg: curve for curve in CURVES.values()}
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def key_id(public: PublicKey) -> str:
    """Return the in-tree `kid`: SHA-256 over the DER SubjectPublicKeyInfo.

    Source: T-007.
    """
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64url_encode(hashlib.sha256(der).digest())


def public_jwk(public: PublicKey, kid: str) -> dict[str, object]:
    """Return the published form of one key, members as in T-095."""
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {
            "use": "sig", "kty": "RSA", "kid": kid, "alg": "RS256",
            "n": _uint(numbers.n, (public.key_size + 7) // 8),
            "e": _uint(numbers.e, (numbers.e.bit_length() + 7) // 8),
        }  # fmt: skip
    name, curve = next(
        (name, curve) for name, curve in CURVES.items() if curve.curve.name == public.curve.name
    )
    point = public.public_numbers()
    return {
        "use": "sig", "kty": "EC", "kid": kid, "crv": name, "alg": curve.alg,
        "x": _uint(point.x, curve.size), "y": _uint(point.y, curve.size),
    }  # fmt: skip


def _uint(number: int, size: int) -> str:
    return b64url_encode(number.to_bytes(size, "big"))


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a set. With a `flaw` it verifies nothing."""

    kid: str | None
    alg: str
    public: PublicKey | None = field(repr=False)
    flaw: ErrorClass | None = None


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable and the flawed keys of one issuer."""

    keys: tuple[Key, ...]

    @classmethod
    def from_document(cls, document: object) -> "KeySet":
        """Return the key set in a JWKS document.

        Unknown `kty`, foreign `use` and `key_ops` without `verify` leave a key
        out; private or symmetric members spoil the whole set.

        Raises:
            TokenRefused: bad_jwks.

        Source: T-006, T-118, JV-078.
        """
        entries = document.get("keys") if _is_object(document) else None
        if not isinstance(entries, list):
            raise TokenRefused(ErrorClass.BAD_JWKS, "T-095", "no list of keys")
        members = [entry for entry in cast("list[object]", entries) if _is_object(entry)]
        for entry in members:
            if entry.get("kty") == "oct" or _PRIVATE_MEMBERS & entry.keys():
                raise TokenRefused(ErrorClass.BAD_JWKS, "T-118", "holds secret key material")
        found = (_key(entry) for entry in members if _may_verify(entry))
        return cls(tuple(key for key in found if key is not None))

    def choose(self, kid: str | None, alg: str) -> tuple[Key, ...]:
        """Return the keys to try, at least one.

        Raises:
            TokenRefused: unknown_kid, ambiguous_key, alg_key_mismatch or the
                flaw of the only key there is.

        Source: T-062, T-112, T-114, T-119.
        """
        if kid is None:
            return self._choose_without_kid(alg)
        named = [key for key in self.keys if key.kid == kid]
        if not named:
            raise TokenRefused(ErrorClass.UNKNOWN_KID, "T-114", "no published key has this kid")
        if len(named) > 1:
            raise TokenRefused(ErrorClass.AMBIGUOUS_KEY, "T-119", "two keys share this kid")
        return (_fit(named[0], alg),)

    def _choose_without_kid(self, alg: str) -> tuple[Key, ...]:
        if len(self.keys) == 1:
            return (_fit(self.keys[0], alg),)
        fitting = tuple(key for key in self.keys if key.flaw is None and key.alg == alg)
        if not fitting:
            raise TokenRefused(ErrorClass.UNKNOWN_KID, "T-062", "no kid, and no key for this alg")
        return fitting


def _fit(key: Key, alg: str) -> Key:
    if key.flaw is not None:
        raise TokenRefused(key.flaw, "T-118", "the published key is not acceptable")
    if key.alg != alg:
        raise TokenRefused(
            ErrorClass.ALG_KEY_MISMATCH, "T-112", "the key belongs to another algorithm"
        )
    return key


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _may_verify(entry: Mapping[str, object]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return entry.get("use", "sig") == "sig" and (
        isinstance(operations, list) and "verify" in operations
    )


def _key(entry: Mapping[str, object]) -> Key | None:
    kid = entry.get("kid")
    name = kid if isinstance(kid, str) else None
    if entry.get("kty") == "RSA":
        return _rsa_key(entry, name)
    if entry.get("kty") == "EC":
        return _ec_key(entry, name)
    return None  # T-006: somebody else's future


def _number(entry: Mapping[str, object], member: str) -> int | None:
    value = entry.get(member)
    try:
        return int.from_bytes(b64url_decode(value), "big") if isinstance(value, str) else None
    except ValueError:
        return None


def _rsa_key(entry: Mapping[str, object], kid: str | None) -> Key:
    n, e = _number(entry, "n"), _number(entry, "e")
    alg = "RS256"  # T-005: an RSA key means RS256, whatever its size
    if n is None or e is None:
        return Key(kid, alg, None, ErrorClass.BAD_JWKS)
    if entry.get("alg", alg) != alg:
        return Key(kid, alg, None, ErrorClass.ALG_KEY_MISMATCH)
    if n.bit_length() < MIN_RSA_BITS or n % 2 == 0 or e < 3 or e % 2 == 0 or e.bit_length() > 33:
        return Key(kid, alg, None, ErrorClass.WEAK_KEY)
    try:
        return Key(kid, alg, rsa.RSAPublicNumbers(e, n).public_key())
    except ValueError:
        return Key(kid, alg, None, ErrorClass.WEAK_KEY)


def _ec_key(entry: Mapping[str, object], kid: str | None) -> Key | None:
    curve = CURVES.get(str(entry.get("crv")))
    if curve is None:
        return None
    x, y = _number(entry, "x"), _number(entry, "y")
    if x is None or y is None or entry.get("alg", curve.alg) != curve.alg:
        return Key(kid, curve.alg, None, ErrorClass.ALG_KEY_MISMATCH)
    try:
        public = ec.EllipticCurvePublicNumbers(x, y, curve.curve).public_key()
    except ValueError:  # JV-015: not a point of this curve
        return Key(kid, curve.alg, None, ErrorClass.ALG_KEY_MISMATCH)
    return Key(kid, curve.alg, public)


def is_signed_by(keys: Sequence[Key], signing_input: bytes, signature: bytes) -> bool:
    """Return whether one of `keys` made `signature`.

    Source: T-063, T-120, T-121.
    """
    return any(_is_signed(key, signing_input, signature) for key in keys)


def _is_signed(key: Key, signing_input: bytes, signature: bytes) -> bool:
    try:
        if isinstance(key.public, rsa.RSAPublicKey):
            if len(signature) != (key.public.key_size + 7) // 8:
                return False
            key.public.verify(signature, signing_input, padding.PKCS1v15(), hashes.SHA256())
            return True
        if key.public is not None:
            return _is_signed_ec(key.public, key.alg, signing_input, signature)
    except InvalidSignature:
        pass
    return False


def _is_signed_ec(
    public: ec.EllipticCurvePublicKey, alg: str, signing_input: bytes, signature: bytes
) -> bool:
    curve = _CURVE_OF_ALG[alg]
    if len(signature) != 2 * curve.size:
        return False  # T-120: DER, or another curve's length
    r = int.from_bytes(signature[: curve.size], "big")
    s = int.from_bytes(signature[curve.size :], "big")
    if not (0 < r < curve.order and 0 < s < curve.order):
        return False  # JV-012, JV-013
    public.verify(utils.encode_dss_signature(r, s), signing_input, ec.ECDSA(curve.hash))
    return True


def raw_signature(der: bytes, alg: str) -> bytes:
    """Return a DER ECDSA signature as R‖S of fixed length (T-120)."""
    size = _CURVE_OF_ALG[alg].size
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def jwks_uri(document: Mapping[str, object], issuer: str, *, loopback: bool = False) -> str:
    """Return where the discovery `document` of `issuer` says the keys are.

    Args:
        document: The parsed discovery document.
        issuer: The configured issuer; never one read out of a token.
        loopback: Accept plain http on 127.0.0.1 (the emulator's deviation
            from T-093).

    Raises:
        TokenRefused: bad_discovery.

    Source: T-094, T-099, JV-057, JV-058.
    """
    if document.get("issuer") != issuer:
        raise TokenRefused(ErrorClass.BAD_DISCOVERY, "T-099", "the issuer is another one")
    uri = document.get("jwks_uri")
    parts = urlsplit(uri) if isinstance(uri, str) else None
    plain = loopback and parts is not None and parts.scheme == "http"
    if parts is None or not parts.netloc or not (parts.scheme == "https" or plain):
        raise TokenRefused(ErrorClass.BAD_DISCOVERY, "T-094", "jwks_uri is no https URL")
    if plain and parts.hostname != "127.0.0.1":
        raise TokenRefused(ErrorClass.BAD_DISCOVERY, "T-094", "plain http leaves loopback")
    return str(uri)
