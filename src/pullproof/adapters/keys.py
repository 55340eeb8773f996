"""Signing keys that are a function of the run's seed.

Tokens of one seed must be the same in every run, so keys cannot come from the
operating system's generator. EC keys are a derived scalar. RSA keys need two
primes, and searching them takes 0.03 to 0.6 s a key; so there are only
`RSA_SLOTS` RSA keys per role, and the table `OFFSETS` remembers how far from
its derived starting point each prime lies. With it a key takes a few
milliseconds. `search_offset` is how the table was made, and a test repeats it.

These keys guard nothing: they sign tokens for servers on loopback.

Source: T-005, T-007.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pullproof.model.jwks import CURVES, key_id, public_jwk, raw_signature

RSA_SLOTS = 4
RSA_EXPONENT = 65537
_PRIME_BITS = 1024


class Role(StrEnum):
    """Whose key it is."""

    CLUSTER = "cluster"
    OTHER_CLUSTER = "other-cluster"
    ATTACKER = "attacker"


OFFSETS: Mapping[Role, tuple[tuple[int, int], ...]] = {
    Role.CLUSTER: ((219, 48), (595, 104), (654, 1021), (125, 258)),
    Role.OTHER_CLUSTER: ((65, 5), (265, 227), (685, 354), (277, 8)),
    Role.ATTACKER: ((67, 537), (106, 605), (167, 820), (541, 21)),
}
"""By role and slot: how many odd numbers after the start p and q lie."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs with one algorithm."""

    alg: str
    kid: str
    jwk: Mapping[str, object]
    """Public form, for a JWKS."""
    public_pem: bytes
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """Return the JWS signature of `data`; equal data, equal signature."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return raw_signature(_sign_ec(self.private, data), self.alg)


def _sign_ec(private: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    try:
        return private.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    except UnsupportedAlgorithm:  # an OpenSSL before 3.2: correct, not repeatable
        return private.sign(data, ec.ECDSA(hashes.SHA256()))


@cache
def rsa_key(role: Role, seed: int) -> SigningKey:
    """Return the RS256 key of `role` for `seed`; seeds share `RSA_SLOTS` keys."""
    slot = seed % RSA_SLOTS
    steps_p, steps_q = OFFSETS[role][slot]
    return _signing_key(
        _rsa_from_primes(
            _start(role, slot, "p") + 2 * steps_p, _start(role, slot, "q") + 2 * steps_q
        )
    )


@cache
def ec_key(role: Role, seed: int) -> SigningKey:
    """Return the ES256 key of `role` for `seed`."""
    order = CURVES["P-256"].order
    digest = hashlib.shake_256(f"pullproof ec {role} {seed}".encode()).digest(48)
    scalar = int.from_bytes(digest, "big") % (order - 1) + 1
    return _signing_key(ec.derive_private_key(scalar, ec.SECP256R1()))


def _signing_key(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> SigningKey:
    public = private.public_key()
    kid = key_id(public)
    jwk = public_jwk(public, kid)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return SigningKey(str(jwk["alg"]), kid, jwk, pem, private)


def _rsa_from_primes(p: int, q: int) -> rsa.RSAPrivateKey:
    d = pow(RSA_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=d % (p - 1),
        dmq1=d % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(RSA_EXPONENT, p * q),
    )
    # Checking the key again would cost more than making it; the test does it.
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _start(role: Role, slot: int, half: str) -> int:
    """Return the odd number to search from; its top two bits are set, so that
    the product of two has full length."""
    digest = hashlib.shake_256(f"pullproof rsa {role} {slot} {half}".encode()).digest(
        _PRIME_BITS // 8
    )
    return int.from_bytes(digest, "big") | (3 << (_PRIME_BITS - 2)) | 1


def search_offset(role: Role, slot: int, half: str, span: int = 4096) -> int:
    """Return how many odd numbers after the start the first fitting prime lies.

    Raises:
        ValueError: none within `span` odd numbers.
    """
    start = _start(role, slot, half)
    alive = bytearray(b"\x01" * span)
    for prime in _small_primes(20000):
        first = -start * pow(2, -1, prime) % prime
        alive[first::prime] = bytes(len(range(first, span, prime)))
    for steps in range(span):
        candidate = start + 2 * steps
        # A Fermat test is enough for a number nobody chose to fool it.
        if alive[steps] and pow(2, candidate - 1, candidate) == 1 and (candidate - 1) % 65537:
            return steps
    raise ValueError("no prime in this span")


def _small_primes(limit: int) -> list[int]:
    """Return the odd primes below `limit`."""
    alive = bytearray(b"\x01" * limit)
    for number in range(3, int(limit**0.5) + 1, 2):
        if alive[number]:
            alive[number * number :: 2 * number] = bytes(
                len(range(number * number, limit, 2 * number))
            )
    return [number for number in range(3, limit, 2) if alive[number]]
