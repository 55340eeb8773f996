"""The issuer's documents, and that every kind of token is what it says."""

import base64
import json
import uuid
from typing import Any

import jwt
import pytest

from pullproof.adapters.issuer import Issuer
from pullproof.adapters.keys import OFFSETS, RSA_SLOTS, Role, ec_key, rsa_key, search_offset
from pullproof.model.jose import TokenRefused
from pullproof.model.scenario import LEGAL_TOKENS, TokenKind
from pullproof.model.verify import Policy, verify
from tests.helpers.worlds import AUDIENCE, A

NOW = 1795480000.75
URL = "http://127.0.0.1:4321"
JTI = "2b7c1c0e-0e0f-4a53-9d36-2f4d4f5d9f11"
ISSUER = Issuer(URL, seed=1, audience=AUDIENCE, other_issuer="http://127.0.0.1:9/other")

EXPECTED = {
    TokenKind.EXPIRED: "expired",
    TokenKind.NOT_YET_VALID: "not_yet_valid",
    TokenKind.WRONG_AUDIENCE: "bad_audience",
    TokenKind.API_AUDIENCE: "bad_audience",
    TokenKind.AUDIENCE_PREFIX: "bad_audience",
    TokenKind.WRONG_ISSUER: "bad_issuer",
    TokenKind.OTHER_CLUSTER: "bad_issuer",
    TokenKind.WRONG_KEY: "bad_signature",
    TokenKind.UNKNOWN_KID: "unknown_kid",
    TokenKind.ALG_NONE: "alg_not_allowed",
    TokenKind.HS256_PEM: "alg_not_allowed",
    TokenKind.EMBEDDED_JWK: "bad_signature",
    TokenKind.TAMPERED: "bad_signature",
    TokenKind.NO_EXPIRY: "missing_claim",
    TokenKind.NO_SUBJECT: "bad_subject",
    TokenKind.SUBJECT_MISMATCH: "inconsistent_claims",
    TokenKind.LEGACY: "bad_issuer",
    TokenKind.NOT_A_JWT: "malformed",
    TokenKind.MANY_DOTS: "malformed",
    TokenKind.HUGE: "too_large",
}


def make(kind: TokenKind) -> str:
    return ISSUER.token(kind, A, jti=JTI, now=NOW)


def part(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return value


def judge(token: str) -> str:
    try:
        verify(token, keys=ISSUER.keys, policy=Policy(URL, AUDIENCE), now=NOW, others=ISSUER.others)
    except TokenRefused as refused:
        return str(refused.error)
    return "accepted"


@pytest.mark.parametrize("kind", sorted(LEGAL_TOKENS))
def test_legal_kinds_are_accepted(kind: TokenKind) -> None:
    assert judge(make(kind)) == "accepted"


@pytest.mark.parametrize(("kind", "error"), EXPECTED.items())
def test_every_other_kind_is_refused_for_the_one_thing_that_is_wrong(
    kind: TokenKind, error: str
) -> None:
    assert judge(make(kind)) == error


def test_every_kind_is_covered() -> None:
    empty = {TokenKind.EMPTY, TokenKind.ABSENT}
    assert set(TokenKind) == set(EXPECTED) | LEGAL_TOKENS | empty
    assert all(make(kind) == "" for kind in empty)


@pytest.mark.rule("T-002")
def test_t002_the_header_holds_alg_and_kid_and_nothing_else() -> None:
    assert part(make(TokenKind.VALID), 0) == {"alg": "RS256", "kid": rsa_key(Role.CLUSTER, 1).kid}
    assert part(make(TokenKind.VALID_ES256), 0)["alg"] == "ES256"


@pytest.mark.rule("T-004")
def test_t004_typ_can_be_there_too() -> None:
    assert part(make(TokenKind.VALID_TYP_JWT), 0)["typ"] == "JWT"


@pytest.mark.rule("T-010", "T-011", "T-012", "T-013", "T-014", "T-015", "T-018", "T-019")
def test_a_valid_token_has_every_claim_the_api_server_writes() -> None:
    claims = part(make(TokenKind.VALID), 1)
    private = claims.pop("kubernetes.io")
    assert claims == {
        "aud": [AUDIENCE],
        "exp": 1795483600,
        "iat": 1795480000,
        "nbf": 1795480000,
        "iss": URL,
        "jti": JTI,
        "sub": "system:serviceaccount:team-a:puller",
    }
    assert private["namespace"] == "team-a"
    assert private["serviceaccount"] == {"name": "puller", "uid": "uid-a"}
    assert private["pod"] == {"name": "web-a", "uid": "pod-uid-a"}
    assert uuid.UUID(private["node"]["uid"])


@pytest.mark.rule("T-046")
def test_a_short_token_has_about_90_seconds_left_and_an_ordinary_life() -> None:
    claims = part(make(TokenKind.VALID_SHORT), 1)
    assert 80 <= claims["exp"] - NOW <= 95
    assert claims["exp"] - claims["iat"] == 3600


def test_a_huge_token_is_256_kib() -> None:
    assert abs(len(make(TokenKind.HUGE)) - 256 * 1024) < 1024


def test_a_tampered_token_keeps_header_and_signature() -> None:
    good, bad = make(TokenKind.VALID).split("."), make(TokenKind.TAMPERED).split(".")
    assert (good[0], good[2]) == (bad[0], bad[2])
    assert good[1] != bad[1]


@pytest.mark.rule("JV-043", "JV-044", "T-136")
def test_times_are_wrong_by_more_than_any_leeway() -> None:
    assert NOW - part(make(TokenKind.EXPIRED), 1)["exp"] > 300
    assert part(make(TokenKind.NOT_YET_VALID), 1)["nbf"] - NOW > 300


@pytest.mark.rule("T-091")
def test_t091_discovery_has_exactly_five_members() -> None:
    assert ISSUER.discovery() == {
        "issuer": URL,
        "jwks_uri": URL + "/openid/v1/jwks",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
    }


@pytest.mark.rule("T-095")
def test_t095_a_library_finds_the_key_and_accepts_the_token() -> None:
    keys = jwt.PyJWKSet.from_dict(ISSUER.jwks())
    for kind in (TokenKind.VALID, TokenKind.VALID_ES256, TokenKind.VALID_TYP_JWT):
        token = make(kind)
        key = keys[jwt.get_unverified_header(token)["kid"]]
        options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
        claims = jwt.decode(
            token, key, algorithms=["RS256", "ES256"], audience=AUDIENCE, issuer=URL,
            options=options,
        )  # fmt: skip
        assert claims["sub"] == A.subject


# --- keys ---------------------------------------------------------------------


def test_equal_seeds_give_equal_tokens() -> None:
    for kind in (TokenKind.VALID, TokenKind.VALID_ES256):
        again = Issuer(URL, seed=1, audience=AUDIENCE, other_issuer="x")
        assert again.token(kind, A, jti=JTI, now=NOW) == make(kind)


def test_keys_differ_by_role_and_seed() -> None:
    kids = {rsa_key(role, seed).kid for role in Role for seed in range(RSA_SLOTS)}
    kids |= {ec_key(role, seed).kid for role in Role for seed in range(9)}
    assert len(kids) == len(Role) * (RSA_SLOTS + 9)


@pytest.mark.parametrize("role", Role)
def test_tabled_primes_are_primes_of_full_length(role: Role) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    for slot in range(RSA_SLOTS):
        private = rsa_key(role, slot).private
        assert isinstance(private, rsa.RSAPrivateKey)
        assert private.key_size == 2048
        numbers = private.private_numbers()
        for prime in (numbers.p, numbers.q):
            assert all(pow(base, prime - 1, prime) == 1 for base in (2, 3, 5))


def test_the_table_is_what_a_search_finds() -> None:
    assert search_offset(Role.OTHER_CLUSTER, 0, "p") == OFFSETS[Role.OTHER_CLUSTER][0][0]
    assert search_offset(Role.CLUSTER, 0, "q") == OFFSETS[Role.CLUSTER][0][1]


def test_no_private_part_is_shown() -> None:
    assert "private" not in repr(rsa_key(Role.CLUSTER, 0))
