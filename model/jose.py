"""Compact JWS text, taken apart as strictly as the RFCs allow.

Theory. Every laxness here is a second spelling of one token: padding, the
other base64 alphabet, spare bits, a repeated member, another Unicode form.
Two readers that differ in laxness read two tokens out of one text, and a
cache or a deny list keyed by the text can be walked around. So there is one
spelling, and everything else is refused with the name of what was wrong.

The order is cheap before dear: dots are counted before anything is split,
sizes are checked before anything is decoded, nesting before anything is
parsed (JV-065, JV-072).

Source: T-100 to T-106, T-117; error classes of section 2.4.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import cast

MAX_TOKEN_CHARS = 16 * 1024
MAX_DEPTH = 16

_SEGMENT = re.compile(r"[A-Za-z0-9_-]*\Z")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class ErrorClass(StrEnum):
    """Stable names of what is wrong with a token (section 2.4)."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"
    BAD_JSON = "bad_json"
    DUPLICATE_MEMBER = "duplicate_member"
    BAD_HEADER = "bad_header"
    ALG_NOT_ALLOWED = "alg_not_allowed"
    BAD_TYP = "bad_typ"
    B64_FORBIDDEN = "b64_forbidden"
    CRIT_INVALID = "crit_invalid"
    CRIT_UNSUPPORTED = "crit_unsupported"
    UNKNOWN_KID = "unknown_kid"
    AMBIGUOUS_KEY = "ambiguous_key"
    WEAK_KEY = "weak_key"
    ALG_KEY_MISMATCH = "alg_key_mismatch"
    BAD_SIGNATURE = "bad_signature"
    BAD_ISSUER = "bad_issuer"
    BAD_AUDIENCE = "bad_audience"
    MULTI_AUDIENCE = "multi_audience"
    BAD_SUBJECT = "bad_subject"
    INCONSISTENT_CLAIMS = "inconsistent_claims"
    MISSING_CLAIM = "missing_claim"
    BAD_CLAIM_TYPE = "bad_claim_type"
    BAD_CLAIM_RANGE = "bad_claim_range"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    BAD_IAT = "bad_iat"
    TOKEN_TOO_LONG = "token_too_long"
    BAD_JWKS = "bad_jwks"
    BAD_DISCOVERY = "bad_discovery"


class TokenRefused(Exception):
    """A token, key set or discovery document is not to be trusted.

    Not a finding and not an accident: it is the verifier's answer. `detail`
    names places and kinds and never repeats a value of the token (S-12).
    """

    def __init__(self, error: ErrorClass, rule: str, detail: str) -> None:
        super().__init__(error, rule, detail)
        self.error = error
        self.rule = rule
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.rule} {self.error}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Compact:
    """A well-formed compact JWS; nothing in it is trusted yet."""

    header: Mapping[str, object]
    claims: Mapping[str, object] = field(repr=False)
    signing_input: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def parse_compact(token: str, *, padding: bool = False, trim: bool = False) -> Compact:
    """Return the parts of `token`.

    Args:
        token: Text as it was presented.
        padding: Policy: accept `=` at the end of a segment (JV-066).
        trim: Policy: take white space around the token away first (JV-068).

    Raises:
        TokenRefused: malformed, too_large, bad_encoding, bad_json,
            duplicate_member, b64_forbidden or bad_header.

    Source: T-100 to T-106.
    """
    token = token.strip(" \t\r\n") if trim else token
    head, body, tail = _segments(token)
    header = json_object(_decode_segment(head, "header", padding))
    _refuse_unencoded_payload(header)
    claims = json_object(_decode_segment(body, "payload", padding))
    signature = _decode_segment(tail, "signature", padding)
    return Compact(header, claims, f"{head}.{body}".encode("ascii"), signature)


def _segments(token: str) -> tuple[str, str, str]:
    # JV-074: the JSON serialisation may hold exactly two dots by accident.
    if token.count(".") != 2 or token.lstrip().startswith("{"):
        raise TokenRefused(ErrorClass.MALFORMED, "T-100", "not three segments joined by dots")
    if len(token) > MAX_TOKEN_CHARS:
        raise TokenRefused(
            ErrorClass.TOO_LARGE, "T-106", f"longer than {MAX_TOKEN_CHARS} characters"
        )
    head, body, tail = token.split(".")
    if not head:
        raise TokenRefused(ErrorClass.MALFORMED, "T-100", "the header segment is empty")
    return head, body, tail


def _decode_segment(segment: str, name: str, padding: bool) -> bytes:
    try:
        return b64url_decode(segment, padding=padding)
    except ValueError as problem:
        raise TokenRefused(
            ErrorClass.BAD_ENCODING, "T-100", f"the {name} segment {problem}"
        ) from None


def _refuse_unencoded_payload(header: Mapping[str, object]) -> None:
    # T-117: asked before the payload is decoded, because with `b64` false the
    # payload is no base64url and would be blamed for something else.
    if "b64" not in header:
        return
    if header["b64"] is False:
        raise TokenRefused(ErrorClass.B64_FORBIDDEN, "T-117", "b64 is false")
    raise TokenRefused(ErrorClass.BAD_HEADER, "T-117", "b64 has no place in a JWT")


def b64url_encode(data: bytes) -> str:
    """Return base64url text without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64url_decode(segment: str, *, padding: bool = False) -> bytes:
    """Return the bytes of the one canonical spelling.

    >>> b64url_decode("aGk")
    b'hi'
    >>> b64url_decode("aGl")
    Traceback (most recent call last):
    ...
    ValueError: has spare bits that are not zero

    Raises:
        ValueError: a foreign character, an impossible length, or spare bits
            that are not zero; the text says which.

    Source: T-100, T-101.
    """
    text = segment.rstrip("=") if padding else segment
    if not _SEGMENT.match(text):
        raise ValueError("holds a character outside the base64url alphabet")
    if len(text) % 4 == 1:
        raise ValueError("has an impossible length")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:  # pragma: no cover - excluded by the two tests above
        raise ValueError("is not base64url") from None
    if b64url_encode(data) != text:
        raise ValueError("has spare bits that are not zero")
    return data


def json_object(data: bytes) -> dict[str, object]:
    """Return the one strict JSON object that `data` is.

    Numbers with a fraction or an exponent come back as `Decimal`, so that
    1e400 is a large number and not infinity (JV-042).

    Raises:
        TokenRefused: bad_encoding, too_large, bad_json or duplicate_member.

    Source: T-102 to T-106.
    """
    text = _strict_text(data)
    if _depth(text) > MAX_DEPTH:
        raise TokenRefused(
            ErrorClass.TOO_LARGE, "T-106", f"JSON nested deeper than {MAX_DEPTH} levels"
        )
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique_members,
            parse_float=_decimal,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError):
        raise TokenRefused(ErrorClass.BAD_JSON, "T-104", "not one strict JSON value") from None
    if not isinstance(value, dict):
        raise TokenRefused(ErrorClass.BAD_JSON, "T-102", "not a JSON object")
    members = cast("dict[str, object]", value)
    _refuse_surrogates(members)
    return members


def _strict_text(data: bytes) -> str:
    try:
        text = data.decode("utf-8", errors="strict")
    except UnicodeDecodeError:
        raise TokenRefused(ErrorClass.BAD_ENCODING, "T-102", "not UTF-8") from None
    # A leading NUL or one after the first character is UTF-16 or UTF-32, which
    # decodes as UTF-8 without complaint.
    if text.startswith("\ufeff") or "\x00" in text:
        raise TokenRefused(ErrorClass.BAD_ENCODING, "T-102", "a byte order mark, or not UTF-8")
    return text


def _depth(text: str) -> int:
    """Return the deepest nesting; strings are left out, errors do not matter."""
    deepest = depth = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise TokenRefused(ErrorClass.DUPLICATE_MEMBER, "T-103", "a member name appears twice")
    return members


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("-Infinity" if text.startswith("-") else "Infinity")


def _refuse_constant(text: str) -> object:
    raise ValueError(text)


def _refuse_surrogates(value: Mapping[str, object]) -> None:
    # T-102: an escaped half of a pair is no character, and would come back
    # as something that cannot be written as UTF-8 again.
    if _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False, default=str)):
        raise TokenRefused(ErrorClass.BAD_ENCODING, "T-102", "half of a surrogate pair")


def encode_json(value: Mapping[str, object]) -> bytes:
    """Return `value` as Go would write it from a map: sorted and compact.

    `<`, `>` and `&` occur in JSON only inside strings, so replacing them in
    the text is what Go's HTML escaping does.

    Source: section 1.2 (member order), T-012.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("utf-8")


def encode_compact(
    header: Mapping[str, object], payload: bytes, sign: Callable[[bytes], bytes]
) -> str:
    """Return the compact JWS of `payload`.

    The header keeps the order it is given in; go-jose writes `alg` first.

    Source: T-001, T-002.
    """
    head = json.dumps(header, separators=(",", ":")).encode("utf-8")
    signing_input = f"{b64url_encode(head)}.{b64url_encode(payload)}"
    return f"{signing_input}.{b64url_encode(sign(signing_input.encode('ascii')))}"
