"""The reference verifier of service account tokens.

Written from the rules and not around a JWT library, so that libraries can be
subjects (section 2.5). It answers one question with one word: accepted, or
the class of the *first* thing that is wrong. "First" is this order, and it is
part of the contract, because reports show the class:

1. shape and encoding (`jose`),
2. header: alg, typ, crit, other members, kid,
3. the key, out of the pinned issuer's set,
4. the signature,
5. claims: iss, aud, sub and the private claims, then times.

No step is skipped and no failure is followed by another try (T-122).

Source: sections 2.1 to 2.4 of the token rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

from pullproof.model.claims import NUMERIC_DATE_MAX, PRIVATE, is_namespace, split_subject
from pullproof.model.jose import Compact, ErrorClass, TokenRefused, parse_compact
from pullproof.model.jwks import KeySet, is_signed_by

ALGORITHMS = frozenset({"RS256", "ES256", "ES384", "ES512"})
"""What Kubernetes signs with (T-005, T-110)."""

DEFAULT_LEEWAY_S = 60
"""The number Kubernetes and the distribution registry use (T-066, R-041)."""

MAX_KID_BYTES = 1024

_REGISTERED_HEADER = frozenset(
    {"alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"}
)


@dataclass(frozen=True, slots=True)
class Policy:
    """Who the verifier is, whom it trusts, and the switches of the P rows."""

    issuer: str
    audience: str
    leeway_s: int = DEFAULT_LEEWAY_S
    algorithms: frozenset[str] = ALGORITHMS
    max_lifetime_s: int | None = 86400
    """T-140, JV-047; None accepts any."""
    multi_audience: bool = True
    """Accept a token for us and for others (T-133, JV-052)."""
    kid_required: bool = False
    """Refuse a token without kid (T-062, JV-022)."""
    iat_required: bool = False
    """JV-045."""
    integer_dates: bool = False
    """Refuse legal fractions in dates, as AWS does (T-137, JV-039)."""
    application_jwt: bool = False
    """Accept `typ` `application/jwt` (JV-076)."""
    padding: bool = False
    """JV-066."""
    trim: bool = False
    """JV-068."""


@dataclass(frozen=True, slots=True)
class Verified:
    """An accepted token. `claims` is everything it said."""

    issuer: str
    subject: str
    namespace: str
    service_account: str
    service_account_uid: str
    jti: str
    expires_s: float
    claims: Mapping[str, object] = field(repr=False)


def verify(
    token: str,
    *,
    keys: KeySet,
    policy: Policy,
    now: float,
    others: Mapping[str, KeySet] | None = None,
) -> Verified:
    """Return what `token` proves at `now`.

    Args:
        token: As presented.
        keys: The pinned issuer's published keys.
        policy: Who is asking.
        now: Seconds since 1970.
        others: Keys of issuers that are trusted under *other* policies. A
            token of one of them is checked with its own keys and then refused
            for its issuer (JV-055); it is never accepted here (T-131).

    Raises:
        TokenRefused: with the class of the first thing that is wrong.

    Source: T-100 to T-140. Holds: S-01, S-02, S-14.
    """
    parts = parse_compact(token, padding=policy.padding, trim=policy.trim)
    alg = check_header(parts.header, policy)
    trusted = (others or {}).get(str(parts.claims.get("iss")), keys)
    _check_signature(parts, trusted, alg)
    return check_claims(parts.claims, policy, now)


def _check_signature(parts: Compact, keys: KeySet, alg: str) -> None:
    kid = cast("str | None", parts.header.get("kid"))
    if not is_signed_by(keys.choose(kid, alg), parts.signing_input, parts.signature):
        raise TokenRefused(ErrorClass.BAD_SIGNATURE, "T-122", "the signature does not fit")


# --- header -----------------------------------------------------------------


def check_header(header: Mapping[str, object], policy: Policy) -> str:
    """Return the algorithm, after every header member was looked at.

    Raises:
        TokenRefused: bad_header, alg_not_allowed, bad_typ, crit_invalid or
            crit_unsupported.

    Source: T-110 to T-117, T-139.
    """
    alg = _check_alg(header, policy)
    _check_typ(header, policy)
    _check_crit(header)
    for member in ("jku", "x5u", "zip"):
        # T-115: a place to fetch keys from is refused, not only ignored, so
        # that no later reader fetches it. `zip` belongs to JWE (JV-034).
        if member in header:
            raise TokenRefused(ErrorClass.BAD_HEADER, "T-115", f"the member {member} is refused")
    _check_kid(header, policy)
    return alg


def _check_alg(header: Mapping[str, object], policy: Policy) -> str:
    alg = header.get("alg")
    if not isinstance(alg, str):
        raise TokenRefused(ErrorClass.BAD_HEADER, "T-111", "alg is missing or no string")
    if alg not in policy.algorithms:
        raise TokenRefused(ErrorClass.ALG_NOT_ALLOWED, "T-110", "alg is not on the list")
    return alg


def _check_typ(header: Mapping[str, object], policy: Policy) -> None:
    if "typ" not in header:
        return  # T-002: the in-tree signer writes none
    typ = header["typ"]
    allowed = {"jwt", "application/jwt"} if policy.application_jwt else {"jwt"}
    if not isinstance(typ, str) or typ.lower() not in allowed:
        raise TokenRefused(ErrorClass.BAD_TYP, "T-139", "typ names another kind of token")


def _check_crit(header: Mapping[str, object]) -> None:
    if "crit" not in header:
        return
    crit = header["crit"]
    names = cast("list[object]", crit) if isinstance(crit, list) else []
    texts = [name for name in names if isinstance(name, str)]
    if (
        not names
        or len(texts) != len(names)
        or len(set(texts)) != len(texts)
        or any(name in _REGISTERED_HEADER or name not in header for name in texts)
    ):
        raise TokenRefused(ErrorClass.CRIT_INVALID, "T-116", "crit is not well-formed")
    raise TokenRefused(ErrorClass.CRIT_UNSUPPORTED, "T-116", "crit names an unknown extension")


def _check_kid(header: Mapping[str, object], policy: Policy) -> None:
    if "kid" not in header and not policy.kid_required:
        return
    kid = header.get("kid")
    if not isinstance(kid, str) or not 1 <= len(kid.encode("utf-8")) <= MAX_KID_BYTES:
        raise TokenRefused(ErrorClass.BAD_HEADER, "T-008", "kid is not a text of 1 to 1024 bytes")


# --- claims -----------------------------------------------------------------


def check_claims(claims: Mapping[str, object], policy: Policy, now: float) -> Verified:
    """Return what `claims` say, for a token whose signature was checked.

    Raises:
        TokenRefused: see section 2.4.

    Source: T-130 to T-140.
    """
    _check_issuer(claims, policy)
    _check_audience(claims, policy)
    namespace, name, uid = _check_identity(claims)
    expires = _check_times(claims, policy, now)
    jti = claims.get("jti")
    return Verified(
        issuer=policy.issuer,
        subject=str(claims["sub"]),
        namespace=namespace,
        service_account=name,
        service_account_uid=uid,
        jti=jti if isinstance(jti, str) else "",
        expires_s=float(expires),
        claims=claims,
    )


def _check_issuer(claims: Mapping[str, object], policy: Policy) -> None:
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer != policy.issuer:
        raise TokenRefused(ErrorClass.BAD_ISSUER, "T-130", "iss is not the pinned issuer")


def _check_audience(claims: Mapping[str, object], policy: Policy) -> None:
    audience = claims.get("aud")
    if isinstance(audience, str):
        audiences: list[object] = [audience]
    elif isinstance(audience, list):
        audiences = cast("list[object]", audience)
    elif audience is None:
        raise TokenRefused(ErrorClass.BAD_AUDIENCE, "T-132", "aud is missing")
    else:
        raise TokenRefused(ErrorClass.BAD_CLAIM_TYPE, "T-132", "aud is no text and no list")
    if not all(isinstance(item, str) for item in audiences):
        raise TokenRefused(ErrorClass.BAD_CLAIM_TYPE, "T-132", "aud holds something but texts")
    if policy.audience not in audiences:
        raise TokenRefused(ErrorClass.BAD_AUDIENCE, "T-132", "aud does not hold our identifier")
    if len(audiences) > 1 and not policy.multi_audience:
        raise TokenRefused(ErrorClass.MULTI_AUDIENCE, "T-133", "aud names others beside us")


def _check_identity(claims: Mapping[str, object]) -> tuple[str, str, str]:
    subject = claims.get("sub")
    fields = split_subject(subject) if isinstance(subject, str) else None
    if fields is None:
        raise TokenRefused(ErrorClass.BAD_SUBJECT, "T-138", "sub names no service account")
    private = _members(claims, PRIVATE)
    account = _members(private, "serviceaccount")
    namespace, name = _text(private, "namespace"), _text(account, "name")
    if not is_namespace(namespace):
        raise TokenRefused(ErrorClass.BAD_SUBJECT, "T-026", "the namespace is no RFC 1123 label")
    if (namespace, name) != fields:
        # T-069: whoever reads only one of the two sides can be led astray.
        raise TokenRefused(
            ErrorClass.INCONSISTENT_CLAIMS, "T-069", "sub and the private claims disagree"
        )
    return namespace, name, _text(account, "uid") if "uid" in account else ""


def _members(claims: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = claims.get(name)
    if not isinstance(value, dict):
        raise TokenRefused(ErrorClass.BAD_CLAIM_TYPE, "T-016", f"{name} is no object")
    return cast("dict[str, object]", value)


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise TokenRefused(ErrorClass.BAD_CLAIM_TYPE, "T-017", f"{name} is no text")
    return value


def _check_times(claims: Mapping[str, object], policy: Policy, now: float) -> Decimal:
    if "exp" not in claims:
        raise TokenRefused(ErrorClass.MISSING_CLAIM, "T-134", "exp is missing")
    moment, leeway = Decimal(now), Decimal(policy.leeway_s)
    expires = _date(claims["exp"], "exp", policy, negative=_expired)
    if moment >= expires + leeway:  # T-134: at the very second it is over
        raise _expired()
    if "nbf" in claims and moment < _date(claims["nbf"], "nbf", policy) - leeway:
        raise TokenRefused(ErrorClass.NOT_YET_VALID, "T-135", "nbf lies ahead")
    _check_issued(claims, policy, moment + leeway, expires)
    return expires


def _expired() -> TokenRefused:
    return TokenRefused(ErrorClass.EXPIRED, "T-134", "exp has passed")


def _check_issued(
    claims: Mapping[str, object], policy: Policy, latest: Decimal, expires: Decimal
) -> None:
    if "iat" not in claims:
        if policy.iat_required:
            raise TokenRefused(ErrorClass.BAD_IAT, "T-135", "iat is missing")
        return
    try:
        issued = _date(claims["iat"], "iat", policy)
    except TokenRefused as problem:
        raise TokenRefused(ErrorClass.BAD_IAT, problem.rule, problem.detail) from None
    if issued > latest:
        raise TokenRefused(ErrorClass.BAD_IAT, "T-135", "iat lies ahead")
    if policy.max_lifetime_s is not None and expires - issued > policy.max_lifetime_s:
        raise TokenRefused(ErrorClass.TOKEN_TOO_LONG, "T-140", "lives longer than the policy")


def _date(
    value: object,
    name: str,
    policy: Policy,
    *,
    negative: Callable[[], TokenRefused] | None = None,
) -> Decimal:
    # bool is an int in Python and nowhere else (JV-040).
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TokenRefused(ErrorClass.BAD_CLAIM_TYPE, "T-137", f"{name} is no number")
    date = Decimal(value)
    if date < 0 and negative is not None:
        raise negative()  # JV-041: so long past that it is a plain expiry
    if not 0 <= date <= NUMERIC_DATE_MAX:
        raise TokenRefused(ErrorClass.BAD_CLAIM_RANGE, "T-137", f"{name} is out of range")
    if policy.integer_dates and date != int(date):
        raise TokenRefused(ErrorClass.BAD_CLAIM_TYPE, "T-137", f"{name} is no whole number")
    return date
