"""Each fault on the wire, and what it does to a credential."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlencode, urlsplit

import pytest

from pullproof.adapters.world import World
from pullproof.model.scenario import Fault, FaultKind, TokenKind
from pullproof.model.transcript import Actor, Minted, Received
from tests.helpers.worlds import A, Got, exchange, fault, form, post_form, send, setup, step


@pytest.fixture(name="world", scope="module")
def _world() -> Iterator[World]:
    with World(setup(), seed=9) as world:
        yield world


@pytest.fixture(autouse=True)
def _clean(world: World) -> Iterator[None]:
    world.reset()
    yield
    world.take()


def under(world: World, *faults: Fault) -> Got:
    """Exchange a good token while the faults are on; leaves the step running."""
    world.begin(step("s", exchange=faults))
    return exchange(world, world.token(TokenKind.VALID, A, "s"))


def one(world: World) -> tuple[Received, Minted | None]:
    """End the step and return its one record and its credential."""
    world.end("s")
    (received,), minted = world.take()
    assert len(minted) <= 1
    return received, minted[0] if minted else None


def test_every_kind_is_shown_here() -> None:
    with open(__file__, encoding="utf-8") as file:
        source = file.read()
    assert [kind.name for kind in FaultKind if f"FaultKind.{kind.name}" not in source] == []


# --- another answer -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "arg", "status", "body"),
    [
        (FaultKind.EMPTY_BODY, "", 200, b""),
        (FaultKind.JSON_NULL, "", 200, b"null"),
        (FaultKind.JSON_LIST, "", 200, b"[]"),
        (FaultKind.REDIRECT, "302", 302, b""),
    ],
)
def test_the_whole_answer_is_another(
    world: World, kind: FaultKind, arg: str, status: int, body: bytes
) -> None:
    got = under(world, *fault(kind, arg))
    assert (got.status, got.body) == (status, body)
    received, minted = one(world)
    assert (received.status, received.reply, received.fault) == (status, body, kind)
    assert received.token_verdict == "accepted"
    assert minted is None
    assert received.minted == ""


@pytest.mark.rule("D-H4")
@pytest.mark.parametrize(
    ("kind", "arg", "status"),
    [
        (FaultKind.STATUS, "403", 403),
        (FaultKind.ERROR_200, "", 200),
        (FaultKind.UNAVAILABLE, "", 503),
        (FaultKind.NOT_JSON, "", 200),
    ],
)
def test_errors_echo_the_token_and_mint_nothing(
    world: World, kind: FaultKind, arg: str, status: int
) -> None:
    token = world.token(TokenKind.VALID, A, "s")
    world.begin(step("s", exchange=fault(kind, arg)))
    got = exchange(world, token)
    assert got.status == status
    assert token.encode() in got.body
    assert one(world)[1] is None


def test_unavailable_says_when_to_come_back(world: World) -> None:
    assert under(world, *fault(FaultKind.UNAVAILABLE)).headers["retry-after"] == "1"


def test_not_json_is_a_page(world: World) -> None:
    got = under(world, *fault(FaultKind.NOT_JSON))
    assert got.headers["content-type"].startswith("text/html")
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(got.body)


@pytest.mark.rule("S-65", "D-J4")
@pytest.mark.parametrize("code", ["301", "302", "303", "307", "308"])
def test_s65_redirects_lead_to_the_canary(world: World, code: str) -> None:
    got = under(world, *fault(FaultKind.REDIRECT, code))
    assert got.status == int(code)
    assert got.headers["location"] == world.names["canary.url"] + "/token"


@pytest.mark.rule("D-J1")
def test_a_success_body_under_an_error_status_does_hold_a_credential(world: World) -> None:
    got = under(world, *fault(FaultKind.STATUS_OK_BODY, "500"))
    received, minted = one(world)
    assert got.status == received.status == 500
    assert minted is not None
    assert got.json["access_token"] == minted.password


# --- members ------------------------------------------------------------------------


@pytest.mark.rule("D-J2")
@pytest.mark.parametrize(
    ("kind", "value"),
    [(FaultKind.NULL_MEMBER, None), (FaultKind.EMPTY_MEMBER, ""), (FaultKind.NUMBER_MEMBER, 42)],
)
def test_one_member_is_another(world: World, kind: FaultKind, value: object) -> None:
    document = under(world, *fault(kind, "username")).json
    assert document["username"] == value
    assert one(world)[1] is not None


@pytest.mark.rule("D-J2")
def test_one_member_is_missing(world: World) -> None:
    assert "expires_in" not in under(world, *fault(FaultKind.DROP_MEMBER, "expires_in")).json
    _, minted = one(world)
    assert minted is not None
    assert not minted.announced


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.DROP_MEMBER,
        FaultKind.NULL_MEMBER,
        FaultKind.EMPTY_MEMBER,
        FaultKind.NUMBER_MEMBER,
    ],
)
def test_a_password_that_does_not_leave_is_not_minted(world: World, kind: FaultKind) -> None:
    under(world, *fault(kind, "access_token"))
    received, minted = one(world)
    assert minted is None
    assert received.minted == ""


def test_members_of_an_honest_refusal_stay(world: World) -> None:
    world.begin(step("s", exchange=fault(FaultKind.DROP_MEMBER, "error")))
    assert "error" in exchange(world, world.token(TokenKind.EXPIRED, A, "s")).json


# --- expiry -------------------------------------------------------------------------


@pytest.mark.rule("S-04", "S-56", "R-015")
@pytest.mark.parametrize(
    ("text", "life", "announced"),
    [
        ("0", 0, True),
        ("1", 1, True),
        ("59", 59, True),
        ("43200", 43200, True),
        ("1.5", 1.5, True),
        ("1e3", 1000, True),
        ("-1", 900, False),
        ("null", 900, False),
        ('"300"', 300, False),
        ("true", 900, False),
        ("NaN", 900, False),
        ("soon", 900, False),
    ],
)
def test_an_announced_expiry_is_true_whenever_it_can_be(
    world: World, text: str, life: float, announced: bool
) -> None:
    before = world.now()
    got = under(world, *fault(FaultKind.EXPIRES_IN, text))
    assert f'"expires_in":{text},'.encode() in got.body
    _, minted = one(world)
    assert minted is not None
    assert minted.expires_wall_s is not None
    assert abs(minted.expires_wall_s - before - life) < 2
    assert minted.announced is announced


def test_a_number_in_the_place_of_the_expiry_is_true_too(world: World) -> None:
    before = world.now()
    under(world, *fault(FaultKind.NUMBER_MEMBER, "expires_in"))
    _, minted = one(world)
    assert minted is not None
    assert minted.announced
    assert abs((minted.expires_wall_s or 0) - before - 42) < 2


@pytest.mark.rule("D-F2")
def test_a_credential_can_be_dead_on_arrival(world: World) -> None:
    got = under(world, *fault(FaultKind.EXPIRED_CREDENTIAL))
    assert got.json["expires_in"] == 0
    _, minted = one(world)
    assert minted is not None
    assert minted.announced
    assert minted.expires_wall_s is not None
    assert minted.expires_wall_s <= world.now()


@pytest.mark.rule("D-A4")
def test_a_special_password_breaks_hand_made_json(world: World) -> None:
    got = under(world, *fault(FaultKind.SPECIAL_PASSWORD))
    _, minted = one(world)
    assert minted is not None
    assert minted.password == got.json["access_token"]
    assert set('"\\<>&') <= set(minted.password)
    assert not minted.password.isascii()


# --- the wire -----------------------------------------------------------------------


def test_a_delay_comes_before_the_answer(world: World) -> None:
    began = time.perf_counter()
    assert under(world, *fault(FaultKind.DELAY, "80")).status == 200
    assert 0.08 <= time.perf_counter() - began < 2
    assert one(world)[1] is not None


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.CLOSE])
def test_connections_end_without_a_byte(world: World, kind: FaultKind) -> None:
    with pytest.raises(ConnectionError):
        under(world, *fault(kind))
    received, minted = one(world)
    assert (received.status, received.reply, minted) == (0, b"", None)


def test_a_reset_is_a_reset(world: World) -> None:
    with pytest.raises(ConnectionResetError):
        under(world, *fault(FaultKind.RESET))


def test_half_a_body_is_less_than_was_promised(world: World) -> None:
    with pytest.raises(http.client.IncompleteRead) as caught:
        under(world, *fault(FaultKind.HALF_BODY))
    received, minted = one(world)
    assert caught.value.partial == received.reply
    assert caught.value.expected is not None
    assert abs(caught.value.expected - len(received.reply)) <= 1
    sent_whole = minted is not None and minted.password.encode() in received.reply
    assert (minted is not None) == sent_whole


@pytest.mark.rule("D-J3")
def test_a_huge_body_is_white_space_and_the_answer(world: World) -> None:
    got = under(world, *fault(FaultKind.HUGE_BODY, "300000"))
    assert len(got.body) > 300_000
    assert got.body.startswith(b" " * 300_000 + b"{")
    received, minted = one(world)
    assert minted is not None
    assert got.json["access_token"] == minted.password
    assert len(received.reply) <= 64 * 1024


def open_request(world: World) -> http.client.HTTPConnection:
    """Send a good exchange request and leave the answer unread."""
    parts = urlsplit(world.names["exchange.url"])
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    body = urlencode(form(world.token(TokenKind.VALID, A, "s")))
    connection.request(
        "POST", parts.path, body, {"Content-Type": "application/x-www-form-urlencoded"}
    )
    return connection


def test_a_drip_never_ends_before_the_step_does(world: World) -> None:
    world.begin(step("s", exchange=fault(FaultKind.DRIP, "5")))
    with closing(open_request(world)) as connection:
        response = connection.getresponse()
        assert response.status == 200
        assert response.read(5) == b"     "
        began = time.perf_counter()
        received, minted = one(world)
        assert minted is None
        assert received.fault == "drip"
        assert response.read().strip() == b""
        assert time.perf_counter() - began < 1
        response.close()


def test_a_hang_lasts_as_long_as_the_step(world: World) -> None:
    world.begin(step("s", exchange=fault(FaultKind.HANG)))
    with closing(open_request(world)) as connection:
        assert connection.sock is not None
        connection.sock.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.sock.recv(1)
        began = time.perf_counter()
        received, minted = one(world)
        assert time.perf_counter() - began < 0.5
        assert (received.status, minted) == (0, None)
        connection.sock.settimeout(2)
        assert connection.sock.recv(1) == b""


def test_a_hang_ends_although_another_step_goes_on(world: World) -> None:
    world.begin(step("other", group="g"))
    world.begin(step("s", group="g", exchange=fault(FaultKind.HANG)))
    with closing(open_request(world)) as connection:
        assert connection.sock is not None
        time.sleep(0.05)
        world.end("s")
        connection.sock.settimeout(2)
        assert connection.sock.recv(1) == b""
    world.end("other")


# --- when and where -----------------------------------------------------------------


def test_a_fault_for_some_requests_ends_after_them(world: World) -> None:
    world.begin(step("s", exchange=fault(FaultKind.STATUS, "500", times=2)))
    token = world.token(TokenKind.VALID, A, "s")
    assert [exchange(world, token).status for _ in range(3)] == [500, 500, 200]
    world.end("s")
    assert [item.fault for item in world.take()[0]] == ["status", "status", ""]


def test_faults_are_laid_over_each_other_in_order(world: World) -> None:
    began = time.perf_counter()
    got = under(
        world,
        Fault(FaultKind.DELAY, "50"),
        Fault(FaultKind.DROP_MEMBER, "username"),
        Fault(FaultKind.STATUS_OK_BODY, "418"),
    )
    assert time.perf_counter() - began >= 0.05
    assert got.status == 418
    assert "username" not in got.json
    assert one(world)[0].fault == "delay,drop-member,status-ok-body"


def test_each_step_starts_with_fresh_faults(world: World) -> None:
    for name in ("s", "t"):
        world.begin(step(name, exchange=fault(FaultKind.STATUS, "500", times=1)))
        assert exchange(world, world.token(TokenKind.VALID, A, name)).status == 500
        world.end(name)


def test_faults_of_one_side_leave_the_other_alone(world: World) -> None:
    registry = f"http://{world.names['registry.host']}/v2/"
    others = [world.names["canary.url"], world.names["issuer.url"]]
    world.begin(step("s", exchange=fault(FaultKind.STATUS, "500")))
    assert send(world.names["node.url"]).status == 500
    assert send(registry).status == 401
    assert [send(url).status for url in others] == [404, 404]
    world.end("s")
    world.begin(step("t", registry=fault(FaultKind.STATUS, "500")))
    assert send(registry).status == 500
    assert send(world.names["node.url"]).status == 200
    assert send(f"http://{world.names['other.host']}/v2/").status == 401
    world.end("t")


def test_node_credentials_can_be_faulty_too(world: World) -> None:
    world.begin(step("s", exchange=fault(FaultKind.EXPIRED_CREDENTIAL)))
    assert send(world.names["node.url"]).json["expires_in"] == 0
    _, minted = one(world)
    assert minted is not None
    assert minted.subject == "node"
    world.begin(step("s", exchange=fault(FaultKind.SPECIAL_PASSWORD)))
    assert "€" in send(world.names["node.url"]).json["password"]


@pytest.mark.rule("S-66")
def test_s66_the_challenge_can_name_the_canary(world: World) -> None:
    world.begin(step("s", registry=fault(FaultKind.CHALLENGE_REALM)))
    got = send(f"http://{world.names['registry.host']}/v2/a/manifests/t")
    assert got.headers["www-authenticate"].startswith(
        f'Bearer realm="{world.names["canary.url"]}/token",service="{world.names["registry.host"]}"'
    )


def test_who_follows_a_redirect_is_seen_with_what_it_carried(world: World) -> None:
    token = world.token(TokenKind.VALID, A, "s")
    world.begin(step("s", exchange=fault(FaultKind.REDIRECT, "307")))
    location = exchange(world, token).headers["location"]
    post_form(location, form(token))
    world.end("s")
    received, _ = world.take()
    assert [item.actor for item in received] == [Actor.EXCHANGE, Actor.CANARY]
    assert token.encode() in received[1].body


def test_a_peer_that_goes_away_disturbs_nobody(world: World) -> None:
    world.begin(step("s", exchange=fault(FaultKind.HUGE_BODY, str(64 * 1024 * 1024))))
    connection = open_request(world)
    connection.getresponse().close()
    connection.close()
    world.end("s")
    world.take()
    host, port = urlsplit(world.names["exchange.url"]).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as peer:
        peer.sendall(b"GET /token HTTP/1.0\r\n\r\n")
        assert peer.recv(1000).startswith(b"HTTP/1.1 405")
