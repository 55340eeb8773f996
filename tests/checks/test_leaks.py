"""Finding secrets in bytes, in the shapes programs write them in."""

import base64
import json
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest

from pullproof.checks import leaks
from pullproof.model.provider import EnvVar
from pullproof.model.transcript import Actor, Minted, Received, Secret, SecretKind
from tests.checks.factory import (
    PASSWORD,
    TOKEN,
    FirstDraw,
    answer,
    make_setup,
    perform,
)

VALUE = 'se/cr+et "with" <everything> äß'
SECRET = Secret(SecretKind.MINTED, "s", VALUE)


def spelled(value: str) -> list[bytes]:
    raw = value.encode()
    return [
        raw,
        b"before " + raw + b" after",
        quote(value, safe="").encode(),
        quote(value).encode(),
        json.dumps(value, ensure_ascii=False).encode(),
        b'"se/cr+et \\"with\\" \\u003ceverything\\u003e \xc3\xa4\xc3\x9f"'
        if value == VALUE
        else b"",
        urlencode({"password": value}).encode(),
        json.dumps({"password": value}).encode(),
        raw.hex().encode(),
        *(base64.b64encode(b"u" * n + b":" + raw + b"\n" * n) for n in range(1, 7)),
        *(base64.urlsafe_b64encode(b"u" * n + raw + b"~" * n) for n in range(6)),
        base64.b64encode(raw).rstrip(b"="),
    ]


@pytest.mark.rule("S-12")
class TestFind:
    @pytest.mark.parametrize("data", spelled(VALUE))
    def test_sees_every_spelling(self, data: bytes) -> None:
        assert leaks.find(data, [SECRET]) == (SECRET,)

    @pytest.mark.parametrize("data", spelled("another secret altogether"))
    def test_sees_nothing_else(self, data: bytes) -> None:
        assert leaks.find(data, [SECRET]) == ()

    def test_leaves_short_values_alone(self) -> None:
        """`admin` in a log line is no leak that anybody could be sure of."""
        short = Secret(SecretKind.USER, "", "admin")
        assert leaks.find(b"admin", [short]) == ()

    def test_takes_lone_surrogates(self) -> None:
        odd = Secret(SecretKind.USER, "", "odd-value-\udcff-here")
        assert leaks.find(b"nothing", [odd]) == ()


def received(**fields: object) -> Received:
    base = Received(Actor.CANARY, "s", "GET", "/", (), b"")
    return replace(base, **fields)  # type: ignore[arg-type]


class TestCarried:
    def test_looks_into_target_headers_and_body(self) -> None:
        basic = base64.b64encode(f"user:{VALUE}".encode()).decode()
        for request in (
            received(target=f"/?token={quote(VALUE)}"),
            received(headers=(("Authorization", f"Basic {basic}"),)),
            received(body=json.dumps({"x": VALUE}).encode()),
        ):
            assert leaks.carried(request, [SECRET]) == (SECRET,)

    def test_does_not_look_at_the_reply(self) -> None:
        assert leaks.carried(received(reply=VALUE.encode()), [SECRET]) == ()


class TestKnownSecrets:
    def test_are_tokens_credentials_and_what_is_listed(self) -> None:
        from pullproof.checks import plans

        setup = make_setup()
        minted = tuple(
            Minted(str(n), "", "u", f"{PASSWORD}-{n}", subject, None, True, ())
            for n, subject in enumerate(("system:serviceaccount:a:b", "node"))
        )
        given = replace(answer(setup.served[0]), minted=minted)
        user = Secret(SecretKind.USER, "", "user-secret-1")
        scenario = plans.scenario("A00", plans.valid_step(setup, FirstDraw()))
        taken = perform(setup, scenario, secrets=(user, user), baseline=given)
        found = {(item.kind, item.value) for item in leaks.known_secrets(taken)}
        assert found == {
            (SecretKind.USER, "user-secret-1"),
            (SecretKind.TOKEN, TOKEN),
            (SecretKind.MINTED, f"{PASSWORD}-0"),
            (SecretKind.NODE, f"{PASSWORD}-1"),
        }
        assert len(leaks.known_secrets(taken)) == 4


class TestDescribe:
    def test_names_kinds_and_no_values(self) -> None:
        text = leaks.describe([SECRET, SECRET, Secret(SecretKind.NODE, "", "node-value")])
        assert text == "a credential from the exchange and the node credential"

    def test_a_token_covers_its_signature(self) -> None:
        both = [Secret(kind, "", TOKEN) for kind in (SecretKind.TOKEN, SecretKind.TOKEN_SIGNATURE)]
        assert leaks.describe(both) == "the service account token"
        assert leaks.describe(both[1:]) == "the signature of the service account token"


@pytest.mark.rule("S-10")
class TestStrangers:
    def test_are_the_hosts_that_nothing_names(self) -> None:
        assert leaks.strangers(make_setup()) == {Actor.OTHER_REGISTRY, Actor.CANARY}

    def test_are_not_what_the_author_made_part_of_the_setup(self) -> None:
        setup = make_setup()
        named = replace(
            setup,
            base_env=(("EXTRA", "${canary.url}/x"),),
            provider=replace(setup.provider, env=(EnvVar("MIRROR", "http://${other.host}"),)),
        )
        assert leaks.strangers(named) == frozenset()
