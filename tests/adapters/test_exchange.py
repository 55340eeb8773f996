"""The exchange: each parameter, each error, and what is minted."""

from collections.abc import Iterator

import pytest

from pullproof.adapters.world import World
from pullproof.model.scenario import LEGAL_TOKENS, TokenKind
from pullproof.model.transcript import Actor
from tests.helpers.worlds import (
    AUDIENCE,
    GRANT_TYPE,
    A,
    B,
    Got,
    basic,
    exchange,
    form,
    post_form,
    send,
    setup,
    step,
)


@pytest.fixture(name="world", scope="module")
def _world() -> Iterator[World]:
    with World(setup(), seed=3) as world:
        yield world


@pytest.fixture(autouse=True)
def _clean(world: World) -> Iterator[None]:
    world.reset()
    yield
    world.take()


def valid(world: World) -> str:
    return world.token(TokenKind.VALID, A, "s")


def expect(got: Got, status: int, error: str) -> None:
    assert (got.status, got.json["error"]) == (status, error)
    assert got.headers["cache-control"] == "no-store"


@pytest.mark.rule("X-131", "X-210", "X-211", "X-212", "X-213", "X-216")
def test_a_success_has_every_member_and_is_not_to_be_stored(world: World) -> None:
    got = exchange(world, valid(world))
    assert got.status == 200
    assert got.headers["content-type"] == "application/json"
    assert got.headers["cache-control"] == "no-store"
    document = got.json
    assert document.pop("access_token").startswith("ppx_")
    assert document == {
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "Bearer",
        "expires_in": 900,
        "scope": "repository:shared/tool:pull repository:team-a/app:pull",
        "username": "team-a+puller",
    }


@pytest.mark.rule("S-05", "S-57")
def test_a_credential_opens_the_workloads_images_and_the_unowned(world: World) -> None:
    world.begin(step())
    exchange(world, world.token(TokenKind.VALID, A, "s"))
    exchange(world, world.token(TokenKind.VALID, B, "s"))
    _, (first, second) = world.take()
    assert first.repos == ("shared/tool", "team-a/app")
    assert second.repos == ("shared/tool", "team-b/app")
    assert (first.subject, second.subject) == (A.subject, B.subject)
    assert first.password != second.password
    assert (first.step, first.announced) == ("s", True)


@pytest.mark.rule("S-03", "X-134")
@pytest.mark.parametrize(("kind", "longest"), [(TokenKind.VALID, 900), (TokenKind.VALID_SHORT, 90)])
def test_s03_a_credential_lives_no_longer_than_the_token(
    world: World, kind: TokenKind, longest: int
) -> None:
    before = world.now()
    got = exchange(world, world.token(kind, A, "s"))
    _, (minted,) = world.take()
    assert longest - 3 <= got.json["expires_in"] <= longest
    assert minted.expires_wall_s is not None
    assert abs(minted.expires_wall_s - before - got.json["expires_in"]) < 2


@pytest.mark.rule("S-01", "S-02", "S-14", "X-217")
@pytest.mark.parametrize("kind", sorted(set(TokenKind) - LEGAL_TOKENS))
def test_s01_no_other_token_mints_anything(world: World, kind: TokenKind) -> None:
    got = exchange(world, world.token(kind, A, "s"))
    expect(got, 400, "invalid_request")
    (received,), minted = world.take()
    assert not minted
    assert received.token_verdict not in ("accepted",)
    assert (received.token_verdict == "") == (kind in (TokenKind.EMPTY, TokenKind.ABSENT))


@pytest.mark.rule("D-H4")
def test_an_honest_refusal_does_not_repeat_the_token(world: World) -> None:
    token = world.token(TokenKind.EXPIRED, A, "s")
    got = exchange(world, token)
    assert token.split(".")[2].encode() not in got.body
    assert "expired" in got.json["error_description"]


@pytest.mark.rule("X-130", "X-200", "X-201", "X-202", "X-206", "X-207", "X-208")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": GRANT_TYPE.upper()}, "unsupported_grant_type"),
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token": ""}, "invalid_request"),
        ({"subject_token_type": None}, "invalid_request"),
        ({"subject_token_type": "jwt"}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:jwt"}, "invalid_request"),
        ({"actor_token": "x"}, "invalid_request"),
        ({"actor_token_type": "x"}, "invalid_request"),
        ({"actor_token": "x", "actor_token_type": "x"}, "invalid_request"),
        ({"audience": "elsewhere.example"}, "invalid_target"),
        ({"audience": AUDIENCE + "/"}, "invalid_target"),
        ({"resource": "https://elsewhere.example/"}, "invalid_target"),
        ({"resource": "registry.example"}, "invalid_request"),
        ({"resource": "https://registry.example/#x"}, "invalid_request"),
        ({"scope": "repository:team-b/app:pull"}, "invalid_scope"),
        ({"scope": "repository:team-a/app:push"}, "invalid_scope"),
        ({"scope": "nonsense"}, "invalid_scope"),
    ],
)
def test_every_parameter_is_looked_at(
    world: World, changes: dict[str, str | None], error: str
) -> None:
    expect(exchange(world, valid(world), **changes), 400, error)
    (received,), minted = world.take()
    assert not minted
    assert received.token_verdict == ("accepted" if changes.get("subject_token", "x") else "")


@pytest.mark.rule("X-203", "X-204", "X-205", "X-206")
@pytest.mark.parametrize(
    "changes",
    [
        {"audience": AUDIENCE},
        {"resource": "https://registry.example/team-a"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:access_token"},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"},
        {"client_id": "whatever"},
        {"unknown": "ignored"},
        {"scope": ""},
    ],
)
def test_what_is_permitted_is_accepted(world: World, changes: dict[str, str]) -> None:
    assert exchange(world, valid(world), **changes).status == 200


@pytest.mark.rule("X-203")
def test_x203_the_registrys_host_is_a_target(world: World) -> None:
    assert exchange(world, valid(world), audience=world.names["registry.host"]).status == 200
    assert exchange(world, valid(world), audience=world.names["other.host"]).status == 400


@pytest.mark.rule("X-205", "X-214", "R-025")
@pytest.mark.parametrize("name", ["team-a/app", "registry.example:5000/team-a/app"])
def test_x205_the_grant_is_the_intersection(world: World, name: str) -> None:
    asked = f"repository:{name}:pull,push repository:team-b/app:pull"
    got = exchange(world, valid(world), scope=asked)
    assert got.json["scope"] == "repository:team-a/app:pull"
    _, (minted,) = world.take()
    assert minted.repos == ("team-a/app",)


@pytest.mark.rule("X-209")
@pytest.mark.parametrize(
    "name", ["grant_type", "subject_token", "subject_token_type", "scope", "requested_token_type"]
)
def test_x209_a_repeated_parameter_is_refused(world: World, name: str) -> None:
    pairs = form(valid(world), scope="repository:team-a/app:pull",
                 requested_token_type="urn:ietf:params:oauth:token-type:access_token")  # fmt: skip
    value = dict(pairs)[name]
    got = post_form(world.names["exchange.url"], [*pairs, (name, value)])
    expect(got, 400, "invalid_request")


@pytest.mark.rule("X-209")
def test_x209_audiences_may_repeat_but_all_must_be_ours(world: World) -> None:
    url, pairs = world.names["exchange.url"], form(valid(world), audience=AUDIENCE)
    ours = ("audience", world.names["registry.host"])
    assert post_form(url, [*pairs, ours]).status == 200
    assert post_form(url, [*pairs, ("audience", "elsewhere.example")]).status == 400


def test_a_wrong_form_still_tells_what_the_token_was(world: World) -> None:
    token = world.token(TokenKind.WRONG_KEY, A, "s")
    expect(exchange(world, token, grant_type="x"), 400, "unsupported_grant_type")
    (received,), _ = world.take()
    assert received.token_verdict == "bad_signature"


@pytest.mark.rule("X-219")
def test_x219_a_client_password_is_refused_with_a_challenge(world: World) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", **basic("id", "secret")}
    got = send(world.names["exchange.url"], "POST", b"grant_type=x", headers)
    expect(got, 401, "invalid_client")
    assert got.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.rule("X-130")
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_x130_only_forms_are_read(world: World, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    expect(send(world.names["exchange.url"], "POST", b"{}", headers), 400, "invalid_request")


def test_a_charset_after_the_media_type_is_fine(world: World) -> None:
    from urllib.parse import urlencode

    body = urlencode(form(valid(world))).encode()
    headers = {"Content-Type": "Application/X-WWW-Form-URLEncoded; charset=utf-8"}
    assert send(world.names["exchange.url"], "POST", body, headers).status == 200


@pytest.mark.parametrize("body", [b"\xff", b"subject_token=%ff", b"a=1&" * 500])
def test_forms_that_cannot_be_read_are_refused(world: World, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    expect(send(world.names["exchange.url"], "POST", body, headers), 400, "invalid_request")


def test_other_methods_and_paths_are_not_the_exchange(world: World) -> None:
    url = world.names["exchange.url"]
    assert send(url).status == 405
    assert send(url + "/x", "POST", b"").status == 404


@pytest.mark.rule("T-048", "S-06")
def test_t048_one_token_may_be_presented_again_until_it_expires(world: World) -> None:
    token = valid(world)
    assert [exchange(world, token).status for _ in range(2)] == [200, 200]
    world.advance(3600 + 61)
    got = exchange(world, token)
    assert "expired" in got.json["error_description"]


@pytest.mark.rule("S-02", "S-22")
def test_s22_a_subject_without_a_policy_gets_nothing(world: World) -> None:
    from dataclasses import replace

    stranger = replace(A, namespace="team-z")
    recreated = replace(A, service_account_uid="another uid")
    for who in (stranger, recreated):
        expect(exchange(world, world.token(TokenKind.VALID, who, "s")), 400, "invalid_request")
    received, minted = world.take()
    assert [item.token_verdict for item in received] == ["accepted", "accepted"]
    assert not minted


def test_a_request_is_recorded_with_its_answer(world: World) -> None:
    world.begin(step("one"))
    token = world.token(TokenKind.VALID, A, "one")
    got = exchange(world, token)
    world.end("one")
    (received,), (minted,) = world.take()
    assert (received.actor, received.step, received.method) == (Actor.EXCHANGE, "one", "POST")
    assert received.target == "/token"
    assert token.encode() in received.body
    assert (received.status, received.reply) == (200, got.body)
    assert (received.token_verdict, received.subject) == ("accepted", A.subject)
    assert received.minted == minted.id
    assert received.fault == ""
