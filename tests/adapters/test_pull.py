"""The runtime's part: credentials in order, digests, and no leak of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pullproof.adapters.images import Image, image_of
from pullproof.adapters.pull import pull_image
from pullproof.adapters.world import World
from pullproof.model.scenario import ExecStep, FaultKind, PullStep
from pullproof.model.transcript import Actor, Pull, Received
from tests.helpers.worlds import A, B, fault, minted_for, setup, step

IMAGE = "registry.example:5000/team-a/app"
STEP = PullStep("p", IMAGE, "one")


@dataclass(frozen=True)
class Credential:
    auth_key: str
    username: str
    password: str


@pytest.fixture(name="world", scope="module")
def _world() -> Iterator[World]:
    with World(setup(), seed=8) as world:
        yield world


@pytest.fixture(autouse=True)
def _clean(world: World) -> Iterator[None]:
    world.reset()
    yield
    world.take()


def pull(world: World, *credentials: Credential, image: str = IMAGE) -> Pull:
    world.begin(STEP)
    try:
        return world.pull(STEP, credentials, image)
    finally:
        world.end(STEP.id)


def good(world: World) -> Credential:
    return Credential("registry.example:5000", *minted_for(world, A))


def logins(world: World) -> list[Received]:
    return [item for item in world.take()[0] if item.target.startswith("/token")]


def test_the_workloads_own_credential_opens_its_image(world: World) -> None:
    credential = good(world)
    result = pull(world, credential)
    assert (result.step, result.image, result.opened, result.detail) == ("p", IMAGE, True, "")
    (attempt,) = result.attempts
    assert (attempt.auth_key, attempt.username) == (credential.auth_key, credential.username)
    assert (attempt.opened, attempt.status) == (True, 200)


@pytest.mark.rule("S-57")
def test_s57_anothers_credential_does_not(world: World) -> None:
    result = pull(world, Credential("k", *minted_for(world, B)))
    assert not result.opened
    assert result.attempts[0].status == 401


@pytest.mark.rule("R-010", "R-054", "R-238")
def test_r054_the_requests_are_a_runtimes(world: World) -> None:
    credential = good(world)
    pull(world, credential)
    received, _ = world.take()
    assert {item.actor for item in received} == {Actor.REGISTRY}
    assert {item.step for item in received} == {"p"}
    digest = next(iter(image_of("team-a/app").blobs))
    host = world.names["registry.host"]
    assert [item.target for item in received] == [
        "/v2/team-a/app/manifests/latest",
        "/token?account=team-a%2Bpuller&service="
        + host.replace(":", "%3A")
        + "&scope=repository%3Ateam-a%2Fapp%3Apull",
        "/v2/team-a/app/manifests/latest",
        f"/v2/team-a/app/blobs/{digest}",
    ]


@pytest.mark.rule("K-180")
class TestK180CredentialsAreTriedInOrder:
    """First success ends it; after a failure there is no anonymous attempt."""

    def test_later_ones_are_not_tried_after_a_success(self, world: World) -> None:
        credential = good(world)
        result = pull(world, credential, Credential("later", "u", "p"))
        assert [item.auth_key for item in result.attempts] == [credential.auth_key]

    def test_a_bad_one_does_not_hide_a_good_one(self, world: World) -> None:
        credential = good(world)
        result = pull(world, Credential("first", "u", "wrong"), credential)
        assert result.opened
        assert [(item.opened, item.status) for item in result.attempts] == [
            (False, 401),
            (True, 200),
        ]

    def test_nothing_anonymous_follows_a_failure(self, world: World) -> None:
        result = pull(world, Credential("k", "u", "wrong"))
        assert not result.opened
        sent = logins(world)
        assert len(sent) == 1
        assert any(name == "Authorization" for name, _ in sent[0].headers)

    def test_without_credentials_there_is_one_anonymous_attempt(self, world: World) -> None:
        result = pull(world)
        assert (result.attempts, result.opened) == ((), False)
        (sent,) = logins(world)
        assert not any(name == "Authorization" for name, _ in sent.headers)


@pytest.mark.rule("R-063")
def test_r063_an_empty_username_drops_the_password(world: World) -> None:
    credential = good(world)
    result = pull(world, Credential("k", "", credential.password))
    assert not result.opened
    assert len(result.attempts) == 1
    assert not any(name == "Authorization" for name, _ in logins(world)[0].headers)


@pytest.mark.rule("S-03")
def test_an_expired_credential_opens_nothing(world: World) -> None:
    credential = good(world)
    world.advance(901)
    assert pull(world, credential).attempts[0].status == 401


@pytest.mark.rule("R-006")
def test_special_characters_survive_basic_authentication(world: World) -> None:
    from pullproof.model.scenario import TokenKind
    from tests.helpers.worlds import exchange

    world.begin(step("one", exchange=fault(FaultKind.SPECIAL_PASSWORD)))
    document = exchange(world, world.token(TokenKind.VALID, A, "one")).json
    world.end("one")
    credential = Credential("k", document["username"], document["access_token"])
    assert set('"\\<>&€é') <= set(credential.password)
    assert pull(world, credential).opened


def pull_with_fault(world: World, kind: FaultKind, arg: str = "") -> Pull:
    """Pull as a provider's step would, since pull steps have no faults."""
    credential = good(world)
    running: ExecStep = step("one", registry=fault(kind, arg))
    world.begin(running)
    result = world.pull(STEP, [credential], IMAGE)
    world.end("one")
    return result


@pytest.mark.rule("S-84", "S-66")
def test_s84_no_credential_goes_to_a_realm_on_another_host(world: World) -> None:
    result = pull_with_fault(world, FaultKind.CHALLENGE_REALM)
    assert not result.opened
    assert "another host" in result.detail
    received, _ = world.take()
    assert {item.actor for item in received} == {Actor.REGISTRY}
    assert not any(name == "Authorization" for item in received for name, _ in item.headers)


@pytest.mark.parametrize(
    ("kind", "arg"),
    [
        (FaultKind.STATUS, "500"),
        (FaultKind.RESET, ""),
        (FaultKind.CLOSE, ""),
        (FaultKind.NOT_JSON, ""),
        (FaultKind.EMPTY_BODY, ""),
        (FaultKind.JSON_LIST, ""),
        (FaultKind.REDIRECT, "307"),
        (FaultKind.UNAVAILABLE, ""),
    ],
)
def test_a_broken_registry_is_no_success_and_no_crash(
    world: World, kind: FaultKind, arg: str
) -> None:
    result = pull_with_fault(world, kind, arg)
    assert not result.opened
    assert result.detail
    assert Actor.CANARY not in {item.actor for item in world.take()[0]}


@pytest.mark.rule("R-052", "S-74")
def test_r052_bytes_that_do_not_fit_their_digest_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    image = image_of("team-a/app")

    def serve(altered: Image) -> None:
        def stand_in(repository: str) -> Image:
            return altered

        monkeypatch.setattr("pullproof.adapters.registry.image_of", stand_in)

    serve(replace(image, manifest=image.manifest + b" "))
    result = pull(world, good(world))
    assert not result.opened
    assert "digest" in result.detail

    blobs = {name: (kind, data + b" ") for name, (kind, data) in image.blobs.items()}
    serve(replace(image, blobs=blobs))
    assert "digest" in pull(world, good(world)).detail


def test_a_registry_that_is_not_there_is_no_crash() -> None:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    result = pull_image(host, STEP, [Credential("k", "u", "s3cr3t")], IMAGE)
    assert (result.opened, result.attempts[0].status) == (False, 0)
    assert "s3cr3t" not in repr(result)
