"""Hosts that refuse everything and write everything down; the node endpoint."""

import http.client
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from pullproof.adapters.world import World
from pullproof.model.transcript import Actor, Received
from tests.helpers.worlds import basic, send, setup, step


@pytest.fixture(name="world")
def _world() -> Iterator[World]:
    with World(setup(), seed=5) as world:
        yield world


def only(world: World) -> Received:
    (received,), _ = world.take()
    return received


@pytest.mark.rule("E-037")
def test_the_canary_records_whoever_comes(world: World) -> None:
    world.begin(step("one"))
    got = send(world.names["canary.url"] + "/x?y=1", "POST", b"token", {"X-Test": "1"})
    world.end("one")
    received = only(world)
    assert got.status == received.status == 404
    assert (received.actor, received.step) == (Actor.CANARY, "one")
    assert (received.method, received.target, received.body) == ("POST", "/x?y=1", b"token")
    assert ("X-Test", "1") in received.headers
    assert received.at_s >= 0


@pytest.mark.rule("E-037")
def test_the_proxy_records_absolute_addresses_and_refuses(world: World) -> None:
    host = urlsplit(world.names["proxy.url"]).netloc
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("GET", "http://metadata.example/token")
    assert connection.getresponse().status == 403
    connection.close()
    received = only(world)
    assert (received.actor, received.target) == (Actor.PROXY, "http://metadata.example/token")


@pytest.mark.rule("E-037")
def test_the_proxy_refuses_tunnels(world: World) -> None:
    host, port = urlsplit(world.names["proxy.url"]).netloc.split(":")
    connection = http.client.HTTPSConnection(host, int(port), timeout=5)
    connection.set_tunnel("sts.example", 443)
    with pytest.raises(OSError, match="403"):
        connection.request("GET", "/")
    connection.close()
    received = only(world)
    assert (received.method, received.target) == ("CONNECT", "sts.example:443")


@pytest.mark.rule("E-037")
def test_a_tls_handshake_is_a_visit_too(world: World) -> None:
    host, port = urlsplit(world.names["canary.url"]).netloc.split(":")
    hello = b"\x16\x03\x01\x00\x05hello"
    with socket.create_connection((host, int(port)), timeout=5) as peer:
        peer.sendall(hello)
        assert peer.recv(100).startswith(b"HTTP/1.1 400")
    received = only(world)
    assert (received.method, received.body) == ("", hello)


def test_a_visit_without_a_word_is_none(world: World) -> None:
    host, port = urlsplit(world.names["canary.url"]).netloc.split(":")
    socket.create_connection((host, int(port)), timeout=5).close()
    time.sleep(0.02)
    assert world.take() == ((), ())


# --- node ---------------------------------------------------------------------


@pytest.mark.rule("S-08", "S-63")
def test_the_node_endpoint_gives_its_credential_to_anybody(world: World) -> None:
    world.begin(step("one"))
    got = send(world.names["node.url"])
    assert got.json == {
        "username": world.names["node.username"],
        "password": world.names["node.password"],
        "expires_in": 3600,
    }
    (received,), (minted,) = world.take()
    assert (received.actor, received.minted) == (Actor.NODE, minted.id)
    assert (minted.subject, minted.step, minted.announced) == ("node", "one", True)
    assert minted.repos == ("shared/tool", "team-a/app", "team-b/app")


def test_the_nodes_credential_opens_every_image_even_if_nobody_asked_for_it(world: World) -> None:
    host = world.names["registry.host"]
    headers = basic(world.names["node.username"], world.names["node.password"])
    scopes = [f"repository:team-{letter}/app:pull" for letter in "ab"]
    query = "&".join(f"scope={scope}" for scope in scopes)
    token = send(f"http://{host}/token?{query}", headers=headers).json["token"]
    for letter in "ab":
        url = f"http://{host}/v2/team-{letter}/app/manifests/latest"
        assert send(url, headers={"Authorization": f"Bearer {token}"}).status == 200


def test_other_requests_to_the_node_are_refused(world: World) -> None:
    assert send(world.names["node.url"], "PUT", b"").status == 405
    assert send(world.names["node.url"] + "/x").status == 404
    assert world.take()[1] == ()


# --- issuer over HTTP -----------------------------------------------------------


@pytest.mark.rule("T-090", "T-092", "T-094", "T-099")
def test_discovery_leads_to_the_keys(world: World) -> None:
    issuer = world.names["issuer.url"]
    discovery = send(issuer + "/.well-known/openid-configuration")
    assert discovery.headers["content-type"] == "application/json"
    assert discovery.headers["cache-control"] == "public, max-age=3600"
    assert discovery.json["issuer"] == issuer
    keys = send(discovery.json["jwks_uri"])
    assert keys.headers["content-type"] == "application/jwk-set+json"
    assert sorted(key["alg"] for key in keys.json["keys"]) == ["ES256", "RS256"]
    assert all(key["use"] == "sig" and "d" not in key for key in keys.json["keys"])
    assert send(issuer + "/other").status == 404
    assert send(discovery.json["jwks_uri"], "POST", b"").status == 405
