"""Reading and writing `WWW-Authenticate`."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.model.challenge import (
    MAX_HEADER_CHARS,
    Challenge,
    MalformedChallenge,
    format_bearer,
    parse_challenges,
    quote,
)


def bearer(**params: str) -> Challenge:
    return Challenge("bearer", tuple(params.items()))


@pytest.mark.rule("R-002")
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer", (bearer(),)),
        ('Bearer realm="R",service=foo', (bearer(realm="R", service="foo"),)),
        ('BEARER REALM="R"', (bearer(realm="R"),)),
        ('Bearer  realm = "R" , service="S"', (bearer(realm="R", service="S"),)),
        ('Bearer realm="R",,service="S"', (bearer(realm="R", service="S"),)),
        ('Bearer scope="repository:a:pull,push"', (bearer(scope="repository:a:pull,push"),)),
        (r'Bearer service="a\"b\\"', (bearer(service='a"b\\'),)),
        ('Bearer realm=""', (bearer(realm=""),)),
        (
            'Basic realm="x", Bearer realm="R",service="S"',
            (Challenge("basic", (("realm", "x"),)), bearer(realm="R", service="S")),
        ),
        ("Negotiate, Bearer", (Challenge("negotiate"), bearer())),
        (
            'Negotiate abc==, Basic realm="x"',
            (Challenge("negotiate", token68="abc=="), Challenge("basic", (("realm", "x"),))),
        ),
        # To the grammar this is no parameter without a value but a token68.
        ("Bearer realm=", (Challenge("bearer", token68="realm="),)),
        ("Negotiate YII=", (Challenge("negotiate", token68="YII="),)),
        (' , Basic realm="x" ,', (Challenge("basic", (("realm", "x"),)),)),
        ('Bearer realm="é"', (bearer(realm="é"),)),
    ],
)
def test_r002_the_grammar_of_rfc_9110_is_read(header: str, expected: tuple[Challenge, ...]) -> None:
    assert parse_challenges(header) == expected


@pytest.mark.rule("R-002", "R-003")
@pytest.mark.parametrize(
    "header",
    [
        "",
        ",",
        'Bearer realm="R1",realm="R2"',
        'Bearer realm="R",REALM="R"',
        "Bearer realm=http://r/token",
        'Bearer realm="R',
        'Bearer realm="R" service="S"',
        'Bearer realm="a\rb"',
        'Bearer realm="a\0b"',
        '"Bearer"',
        'Bearer\trealm="R"',
        'Bearer realm="R"x',
        'Bearer a="' + "x" * MAX_HEADER_CHARS + '"',
    ],
)
def test_r002_everything_else_is_refused_whole(header: str) -> None:
    with pytest.raises(MalformedChallenge, match="challenge refused at character"):
        parse_challenges(header)


def test_a_refusal_does_not_repeat_the_header() -> None:
    with pytest.raises(MalformedChallenge) as caught:
        parse_challenges('Bearer realm="s3cr3t')
    assert "s3cr3t" not in str(caught.value)


def test_parameters_are_found_in_any_case() -> None:
    (challenge,) = parse_challenges('Bearer Realm="R"')
    assert challenge.get("REALM") == "R"
    assert challenge.get("scope") is None


@pytest.mark.rule("R-004")
def test_r004_the_bearer_challenge_is_docker_registrys_byte_for_byte() -> None:
    assert format_bearer(
        "http://127.0.0.1:5056/token", "registry.local", "repository:foo/bar:pull"
    ) == (
        'Bearer realm="http://127.0.0.1:5056/token",service="registry.local",'
        'scope="repository:foo/bar:pull"'
    )
    assert format_bearer("R", "S", error="invalid_token") == (
        'Bearer realm="R",service="S",error="invalid_token"'
    )


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)


@given(st.dictionaries(st.from_regex(r"\A[a-z][a-z0-9-]{0,5}\Z"), TEXTS, min_size=1, max_size=4))
def test_whatever_is_quoted_is_read_back(params: dict[str, str]) -> None:
    header = "Bearer " + ", ".join(f"{name}={quote(value)}" for name, value in params.items())
    assert parse_challenges(header) == (bearer(**params),)


@given(st.text('Bearer bc=",\\ \t\x01:/', max_size=24))
def test_any_text_is_read_or_refused(header: str) -> None:
    try:
        found = parse_challenges(header)
    except MalformedChallenge:
        return
    assert found
    for challenge in found:
        assert re.fullmatch(r"[!#$%&'*+.^_`|~0-9a-z-]+", challenge.scheme)
        names = [name for name, _ in challenge.params]
        assert len(names) == len(set(names))
