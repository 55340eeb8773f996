"""The world as a whole: names, clock, attribution, life and death."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from pullproof.adapters.credentials import repository_path
from pullproof.adapters.http_server import PortTaken
from pullproof.adapters.world import World
from pullproof.model.errors import UserError
from pullproof.model.scenario import FaultKind, PullStep, TokenKind
from pullproof.model.transcript import Actor
from tests.helpers.worlds import A, B, basic, exchange, fault, minted_for, send, setup, step


@pytest.fixture(name="world")
def _world() -> Iterator[World]:
    with World(setup(), seed=6) as world:
        yield world


def world_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("world")]


def test_every_placeholder_has_a_value_on_loopback(world: World) -> None:
    names = dict(world.names)
    assert names.pop("node.username") == "node"
    assert names.pop("node.password").startswith("ppn_")
    assert names.pop("exchange.audience") == "registry.example"
    assert names.keys() == {
        "registry.host", "other.host", "exchange.url", "issuer.url", "node.url", "canary.url",
        "proxy.url",
    }  # fmt: skip
    hosts = [urlsplit(value if "//" in value else f"//{value}").netloc for value in names.values()]
    assert len(set(hosts)) == 7
    assert all(host.startswith("127.0.0.1:") for host in hosts)


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ("https://${registry.host}", "https://{registry.host}"),
        ("${exchange.audience}", "registry.example"),
        ("plain", "plain"),
    ],
)
def test_the_audience_may_name_places_of_the_world(audience: str, expected: str) -> None:
    with World(setup(audience=audience), seed=6) as world:
        host = world.names["registry.host"]
        assert world.names["exchange.audience"] == expected.replace("{registry.host}", host)
        assert exchange(world, world.token(TokenKind.VALID, A, "s")).status == 200


def test_without_token_attributes_there_is_a_default_audience() -> None:
    from dataclasses import replace

    plain = setup()
    with World(
        replace(plain, provider=replace(plain.provider, token_attributes=None)), seed=6
    ) as w:
        assert w.names["exchange.audience"] == "registry.example"


def test_starting_is_quick() -> None:
    fastest = 1.0
    for _ in range(3):
        began = time.perf_counter()
        World(setup(), seed=6).close()
        fastest = min(fastest, time.perf_counter() - began)
    assert fastest < 0.15


# --- ports ----------------------------------------------------------------------


def test_the_registrys_port_can_be_fixed() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with World(setup(), seed=6, registry_port=port) as world:
        assert world.names["registry.host"] == f"127.0.0.1:{port}"
        assert send(f"http://127.0.0.1:{port}/v2/").status == 401


def test_a_taken_port_is_the_users_problem_and_leaves_nothing_open() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} of 127.0.0.1") as caught:
            World(setup(), seed=6, registry_port=port)
    assert isinstance(caught.value, UserError)
    assert caught.value.port == port


# --- clock ----------------------------------------------------------------------


def test_the_clock_is_real_time_and_what_was_added(world: World) -> None:
    assert abs(world.now() - time.time()) < 1
    world.advance(1000)
    world.advance(0.5)
    assert abs(world.now() - time.time() - 1000.5) < 1
    world.reset()
    assert abs(world.now() - time.time()) < 1


def test_tokens_are_issued_on_the_emulators_clock(world: World) -> None:
    token = world.token(TokenKind.VALID, A, "s")
    world.advance(10_000)
    assert exchange(world, token).status == 400
    assert exchange(world, world.token(TokenKind.VALID, A, "s")).status == 200


def test_every_token_is_another_one(world: World) -> None:
    assert len({world.token(TokenKind.VALID, A, "s") for _ in range(20)}) == 20


# --- attribution ------------------------------------------------------------------


def steps_of(world: World) -> list[str]:
    return [item.step for item in world.take()[0]]


def test_a_request_between_steps_belongs_to_none(world: World) -> None:
    send(world.names["canary.url"])
    world.begin(step("one"))
    world.end("one")
    send(world.names["canary.url"])
    assert steps_of(world) == ["", ""]


def test_a_request_during_a_step_belongs_to_it_whatever_it_carries(world: World) -> None:
    old = world.token(TokenKind.VALID, A, "earlier")
    world.begin(step("one"))
    send(world.names["canary.url"])
    exchange(world, old)
    world.end("one")
    assert steps_of(world) == ["one", "one"]


@pytest.mark.rule("S-11")
def test_s11_steps_that_run_at_once_are_told_apart_by_their_secrets(world: World) -> None:
    tokens = {name: world.token(TokenKind.VALID, A, name) for name in ("one", "two")}
    for name in tokens:
        world.begin(step(name, group="g"))
    passwords = {name: exchange(world, token).json for name, token in tokens.items()}
    assert steps_of(world) == ["one", "two"]

    passwords = {name: exchange(world, token).json for name, token in tokens.items()}
    registry = f"http://{world.names['registry.host']}/token"
    for name in ("two", "one"):
        document = passwords[name]
        send(registry, headers=basic(document["username"], document["access_token"]))
        send(world.names["canary.url"], headers={"Authorization": f"Bearer {tokens[name]}"})
    send(world.names["canary.url"])
    assert steps_of(world)[2:] == ["two", "two", "one", "one", ""]
    for name in tokens:
        world.end(name)


def test_steps_at_once_meet_their_own_faults(world: World) -> None:
    tokens = {name: world.token(TokenKind.VALID, A, name) for name in ("one", "two")}
    world.begin(step("one", group="g", exchange=fault(FaultKind.STATUS, "500")))
    world.begin(step("two", group="g"))
    assert exchange(world, tokens["two"]).status == 200
    assert exchange(world, tokens["one"]).status == 500
    received, minted = world.take()
    assert [item.fault for item in received] == ["", "status"]
    assert [item.step for item in minted] == ["two"]


def test_a_last_request_nobody_waited_for_still_belongs_to_its_step(world: World) -> None:
    host, port = urlsplit(world.names["canary.url"]).netloc.split(":")
    for number in range(20):
        world.begin(step(f"s{number}"))
        with socket.create_connection((host, int(port))) as peer:
            peer.sendall(b"GET /last HTTP/1.1\r\nHost: x\r\n\r\n")
        world.end(f"s{number}")
        assert steps_of(world) == [f"s{number}"]


# --- records ----------------------------------------------------------------------


def test_taking_drains(world: World) -> None:
    exchange(world, world.token(TokenKind.VALID, A, "s"))
    received, minted = world.take()
    assert (len(received), len(minted)) == (1, 1)
    assert world.take() == ((), ())


def test_records_keep_the_first_mebibyte(world: World) -> None:
    send(world.names["canary.url"], "POST", b"x" * (2 * 1024 * 1024))
    (received,), _ = world.take()
    assert len(received.body) == 1024 * 1024


def test_a_body_beyond_all_bounds_is_refused_and_still_recorded(world: World) -> None:
    from tests.helpers.worlds import post_form

    pairs = [("grant_type", "x" * (5 * 1024 * 1024))]
    # The rest of the body may meet a closed connection.
    with contextlib.suppress(OSError):
        assert post_form(world.names["exchange.url"], pairs).status == 413
    (received,), _ = world.take()
    assert received.actor is Actor.EXCHANGE


def test_chunked_bodies_and_announced_bodies_are_read(world: World) -> None:
    host, port = urlsplit(world.names["canary.url"]).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as peer:
        peer.sendall(
            b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
            b"POST /b HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        )
        time.sleep(0.05)
        peer.sendall(b"xyz")
        answer = b""
        while answer.count(b"404 Not Found") < 2:
            answer += peer.recv(4096)
    assert b"100 Continue" in answer
    received, _ = world.take()
    assert [(item.target, item.body) for item in received] == [("/a", b"abcde"), ("/b", b"xyz")]


def raw(world: World, *pieces: bytes) -> bytes:
    """Send pieces to the canary one by one, then nothing more; return the answer."""
    host, port = urlsplit(world.names["canary.url"]).netloc.split(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=5) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            peer.sendall(piece)
            time.sleep(0.005)
        peer.shutdown(socket.SHUT_WR)
        while data := peer.recv(4096):
            answer += data
    return answer


CHUNKED = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("request_bytes", "body"),
    [
        (b"GET / HTTP/2.0\r\n\r\n", b"GET / HTTP/2.0\r\n\r\n"),
        (b"GET /\r\n\r\n", b"GET /\r\n\r\n"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"),
        (b"GET / HTTP/1.1\r\nHost: x", b"GET / HTTP/1.1\r\nHost: x"),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\nabc", b""),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\nabc", b""),
        (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", b"abc"),
        (CHUNKED + b"3\r\nabc", b"abc"),
        (CHUNKED + b"3\r\nabcde\r\n", b"abc"),
        (CHUNKED + b"3\r\nabc\r\nzz\r\n", b"abc"),
        (CHUNKED + b"-3\r\nabc\r\n", b""),
        (CHUNKED + b"ffffffff\r\nabc\r\n", b""),
        (CHUNKED + b"0\r\n", b""),
    ],
)
def test_half_requests_and_garbage_are_recorded_and_refused(
    world: World, request_bytes: bytes, body: bytes
) -> None:
    assert raw(world, request_bytes).startswith(b"HTTP/1.1 400 ")
    (received,), _ = world.take()
    assert received.body == body


def test_a_request_may_come_in_any_pieces(world: World) -> None:
    whole = CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"
    answer = raw(world, *(whole[i : i + 1] for i in range(len(whole))))
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert world.take()[0][0].body == b"abc"


def test_one_connection_serves_several_requests(world: World) -> None:
    answer = raw(world, b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.0\r\n\r\nGET /3 HTTP/1.1\r\n\r\n")
    assert answer.count(b"404 Not Found") == 2
    assert [item.target for item in world.take()[0]] == ["/1", "/2"]


def test_many_clients_at_once_are_served(world: World) -> None:
    tokens = [world.token(TokenKind.VALID, A if i % 2 else B, "s") for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(exchange, world, token) for token in tokens]
        assert [answer.result().status for answer in answers] == [200] * 40
    received, minted = world.take()
    assert len(received) == len(minted) == 40
    assert {item.minted for item in received} == {item.id for item in minted}


def test_secrets_are_not_shown(world: World) -> None:
    token = world.token(TokenKind.VALID, A, "s")
    password = exchange(world, token).json["access_token"]
    received, minted = world.take()
    shown = f"{received!r} {minted!r}"
    assert token not in shown
    assert password not in shown


def test_an_accident_inside_an_emulator_does_not_pass_for_an_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr("pullproof.adapters.world.lay_over", broken)
    assert send(world.names["canary.url"]).status == 500
    with pytest.raises(ZeroDivisionError):
        world.take()
    assert world.take()[1] == ()


# --- life and death -----------------------------------------------------------------


def test_reset_forgets_everything_but_keys_and_ports(world: World) -> None:
    names = dict(world.names)
    username, password = minted_for(world, A)
    world.begin(step("one", exchange=fault(FaultKind.STATUS, "500")))
    send(world.names["canary.url"])
    world.reset()
    assert world.take() == ((), ())
    assert dict(world.names) == names
    registry = f"http://{world.names['registry.host']}/token"
    assert send(registry, headers=basic(username, password)).status == 401
    assert exchange(world, world.token(TokenKind.VALID, A, "x")).status == 200
    assert world.take()[0][-1].step == ""


def test_closing_ends_every_thread_even_with_open_connections() -> None:
    world = World(setup(), seed=6)
    with world:
        world.begin(step("one", exchange=fault(FaultKind.HANG)))
        host, port = urlsplit(world.names["exchange.url"]).netloc.split(":")
        idle = socket.create_connection((host, int(port)))
        hanging = socket.create_connection((host, int(port)))
        hanging.sendall(b"GET /token HTTP/1.1\r\n\r\n")
        end = time.monotonic() + 5
        while len(world_threads()) < 3 and time.monotonic() < end:
            time.sleep(0.005)
        assert len(world_threads()) == 3
        began = time.perf_counter()
    assert time.perf_counter() - began < 1
    assert world_threads() == []
    for peer in (idle, hanging):
        with peer:
            peer.settimeout(1)
            # A last answer may be on its way; then the connection is at its end.
            while peer.recv(4096):
                pass
    world.close()


def test_the_shape_of_pull_steps_does_not_matter_for_attribution(world: World) -> None:
    pull = PullStep("p", "registry.example:5000/team-a/app", "one")
    world.begin(pull)
    assert not world.pull(pull, [], pull.image).opened
    world.end("p")
    assert set(steps_of(world)) == {"p"}


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ("registry.example/team-a/app", "team-a/app"),
        ("registry.example:5000/app:1.2", "app"),
        ("127.0.0.1:40001/a/b@sha256:00", "a/b"),
        ("localhost/app", "app"),
        ("[::1]:5000/a/b", "a/b"),
        ("docker.io/library/nginx", "library/nginx"),
        ("library/nginx", "library/nginx"),
        ("nginx:latest", "nginx"),
    ],
)
def test_only_the_path_of_an_image_counts(image: str, path: str) -> None:
    assert repository_path(image) == path
