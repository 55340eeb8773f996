"""The registry and its token service."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pullproof.adapters.credentials import SecretSource
from pullproof.adapters.http_request import Request
from pullproof.adapters.images import MANIFEST_TYPE
from pullproof.adapters.registry import Registry
from pullproof.adapters.token_service import Login, TokenService
from pullproof.adapters.world import World
from pullproof.model.challenge import parse_challenges
from pullproof.model.scenario import TokenKind
from pullproof.model.setup import Identity
from tests.helpers.worlds import A, B, Got, basic, minted_for, post_form, send, setup


@pytest.fixture(name="world", scope="module")
def _world() -> Iterator[World]:
    with World(setup(), seed=4) as world:
        yield world


@pytest.fixture(autouse=True)
def _clean(world: World) -> Iterator[None]:
    world.reset()
    yield
    world.take()


def get(world: World, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Got:
    return send(f"http://{world.names['registry.host']}{path}", method, None, headers)


def bearer(world: World, scope: str, headers: dict[str, str] | None = None) -> dict[str, str]:
    """Log in as workload A and return the bearer header for `scope`."""
    headers = headers if headers is not None else basic(*minted_for(world, A))
    got = get(world, f"/token?service=x&scope={scope}", headers)
    assert got.status == 200
    return {"Authorization": f"Bearer {got.json['token']}"}


MINE = "repository:team-a/app:pull"
MANIFEST = "/v2/team-a/app/manifests/latest"


@pytest.mark.rule("R-001", "R-004", "R-045", "R-220")
def test_r220_a_ping_without_credential_is_challenged_without_scope(world: World) -> None:
    host = world.names["registry.host"]
    got = get(world, "/v2/")
    assert got.status == 401
    assert got.headers["www-authenticate"] == (
        f'Bearer realm="http://{host}/token",service="{host}"'
    )
    assert got.headers["docker-distribution-api-version"] == "registry/2.0"
    assert got.json == {
        "errors": [{"code": "UNAUTHORIZED", "message": "authentication required", "detail": None}]
    }


@pytest.mark.rule("R-028", "R-221")
@pytest.mark.parametrize(
    ("method", "scope"),
    [
        ("GET", "repository:team-a/app:pull"),
        ("HEAD", "repository:team-a/app:pull"),
        ("PUT", "repository:team-a/app:pull,push"),
        ("DELETE", "repository:team-a/app:delete"),
    ],
)
def test_r028_the_challenge_asks_for_what_the_request_needs(
    world: World, method: str, scope: str
) -> None:
    got = get(world, MANIFEST, method=method)
    (challenge,) = parse_challenges(got.headers["www-authenticate"])
    assert challenge.get("scope") == scope
    assert challenge.get("error") is None


@pytest.mark.rule("R-046", "R-047", "R-052", "R-226")
def test_an_image_can_be_fetched_and_every_digest_holds(world: World) -> None:
    auth = bearer(world, MINE)
    manifest = get(world, MANIFEST, auth)
    assert manifest.status == 200
    assert manifest.headers["content-type"] == MANIFEST_TYPE
    digest = "sha256:" + hashlib.sha256(manifest.body).hexdigest()
    assert manifest.headers["docker-content-digest"] == digest
    assert get(world, f"/v2/team-a/app/manifests/{digest}", auth).body == manifest.body
    for blob in (manifest.json["config"], *manifest.json["layers"]):
        got = get(world, f"/v2/team-a/app/blobs/{blob['digest']}", auth)
        assert got.status == 200
        assert "sha256:" + hashlib.sha256(got.body).hexdigest() == blob["digest"]
        assert len(got.body) == blob["size"]
    head = get(world, MANIFEST, auth, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(manifest.body))


def test_two_repositories_have_different_images(world: World) -> None:
    auth = bearer(world, f"{MINE}&scope=repository:shared/tool:pull")
    bodies = {
        get(world, f"/v2/{name}/manifests/latest", auth).body
        for name in ("team-a/app", "shared/tool")
    }
    assert len(bodies) == 2


@pytest.mark.rule("R-056")
def test_r056_a_hidden_repository_and_a_missing_one_look_alike(world: World) -> None:
    for headers in ({}, bearer(world, MINE)):
        hidden = get(world, "/v2/team-b/app/manifests/latest", headers)
        missing = get(world, "/v2/team-x/app/manifests/latest", headers)
        assert hidden.status == missing.status == 401
        assert hidden.body.replace(b"team-b", b"team-x") == missing.body


@pytest.mark.rule("R-036", "R-222")
def test_r222_a_ping_proves_authentication_only(world: World) -> None:
    auth = bearer(world, "repository:team-b/app:pull")
    assert get(world, "/v2/", auth).status == 200
    assert get(world, "/v2/team-b/app/manifests/latest", auth).status == 401


@pytest.mark.rule("R-037")
def test_r037_refusals_say_what_is_wrong_with_the_token(world: World) -> None:
    for headers, error in (
        (bearer(world, "repository:shared/tool:pull"), "insufficient_scope"),
        ({"Authorization": "Bearer nonsense"}, "invalid_token"),
    ):
        (challenge,) = parse_challenges(get(world, MANIFEST, headers).headers["www-authenticate"])
        assert challenge.get("error") == error
        assert challenge.get("scope") == MINE


@pytest.mark.rule("R-037")
def test_r037_hosted_registries_answer_403() -> None:
    tokens = TokenService(lambda user, password, now: Login(True), SecretSource(0))
    registry = Registry("h:1", ("a",), tokens, denied_status=403)
    login = tokens.handle(Request("GET", "/token"), service="h:1", now=0).reply.document
    assert login is not None
    headers = (("Authorization", f"Bearer {login['token']}"),)
    reply = registry.handle(Request("GET", "/v2/a/manifests/latest", headers), now=1).reply
    assert reply.status == 403
    assert reply.document == {
        "errors": [
            {
                "code": "DENIED",
                "message": "requested access to the resource is denied",
                "detail": None,
            }
        ]
    }


@pytest.mark.rule("R-223", "R-224", "R-225", "R-227", "R-228", "R-055")
@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v2/team-a/app/manifests/other", 404, "MANIFEST_UNKNOWN"),
        ("/v2/team-a/app/manifests/sha256:" + "0" * 64, 404, "MANIFEST_UNKNOWN"),
        ("/v2/team-a/app/manifests/sha256:00", 400, "DIGEST_INVALID"),
        ("/v2/team-a/app/blobs/sha256:" + "0" * 64, 404, "BLOB_UNKNOWN"),
        ("/v2/team-a/app/blobs/sha256:00", 400, "DIGEST_INVALID"),
        ("/v2/_catalog", 401, "UNAUTHORIZED"),
    ],
)
def test_errors_are_the_distribution_specs(world: World, path: str, status: int, code: str) -> None:
    got = get(world, path, bearer(world, MINE))
    assert (got.status, got.json["errors"][0]["code"]) == (status, code)


@pytest.mark.rule("R-225")
@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (MANIFEST_TYPE, 200),
        ("*/*", 200),
        (f"text/plain, {MANIFEST_TYPE};q=0.5", 200),
        ("application/vnd.docker.distribution.manifest.v2+json", 404),
    ],
)
def test_r225_a_manifest_the_client_cannot_read_looks_missing(
    world: World, accept: str, status: int
) -> None:
    assert get(world, MANIFEST, {**bearer(world, MINE), "Accept": accept}).status == status


@pytest.mark.rule("R-227")
@pytest.mark.parametrize("path", ["/v2/A/manifests/t", "/v2/a/B/manifests/t", "/", "/v2/a/b"])
def test_r227_a_name_that_fits_no_route_is_plain_text(world: World, path: str) -> None:
    got = get(world, path)
    assert (got.status, got.body) == (404, b"404 page not found\n")
    assert "www-authenticate" not in got.headers


@pytest.mark.rule("R-058")
@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        ("/v2", "/v2/"),
        ("/v2//a/manifests/t", "/v2/a/manifests/t"),
        ("/v2/a/../b/manifests/t?x=1", "/v2/b/manifests/t?x=1"),
    ],
)
def test_r058_paths_are_cleaned_before_anything_is_authorised(
    world: World, path: str, cleaned: str
) -> None:
    got = get(world, path)
    assert (got.status, got.headers["location"]) == (301, cleaned)


@pytest.mark.rule("R-224")
def test_writing_is_not_supported_even_where_it_would_be_allowed(world: World) -> None:
    auth = bearer(world, MINE)
    got = get(world, "/v2/team-a/app/blobs/uploads/", auth, "POST")
    assert got.status == 401
    assert get(world, "/v2/team-a/app/tags/list", auth).json["tags"] == ["latest"]


# --- token service ------------------------------------------------------------


@pytest.mark.rule("R-010", "R-011", "R-240", "R-242")
def test_r011_the_get_answer_has_both_token_names_and_times(world: World) -> None:
    got = get(world, f"/token?service=x&scope={MINE}", basic(*minted_for(world, A)))
    assert got.json["token"] == got.json["access_token"]
    assert got.json["expires_in"] == 300
    assert len(got.json["issued_at"]) == len("2026-11-24T00:00:00Z")
    assert got.json.keys() == {"token", "access_token", "expires_in", "issued_at"}
    assert got.headers["cache-control"] == "no-store"


@pytest.mark.rule("R-012", "R-240")
def test_r012_an_empty_grant_is_no_error_of_the_token_service(world: World) -> None:
    auth = bearer(world, "repository:team-b/app:pull&scope=nonsense")
    assert get(world, MANIFEST, auth).status == 401


@pytest.mark.rule("R-013", "R-014", "S-18")
def test_r014_wrong_credentials_are_not_taken_for_none(world: World) -> None:
    username, password = minted_for(world, A)
    for headers in (
        basic(username, password + "x"),
        basic(username, ""),
        basic("", password),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Bearer x"},
    ):
        got = get(world, f"/token?scope={MINE}", headers)
        assert got.status == 401
        assert got.json["errors"][0]["code"] == "UNAUTHORIZED"
    anonymous = get(world, f"/token?scope={MINE}")
    assert anonymous.status == 200
    auth = {"Authorization": f"Bearer {anonymous.json['token']}"}
    assert get(world, MANIFEST, auth).status == 401


def test_any_username_will_do_but_none_will_not(world: World) -> None:
    _, password = minted_for(world, A)
    assert get(world, f"/token?scope={MINE}", basic("somebody", password)).status == 200


@pytest.mark.rule("S-03")
def test_credentials_and_bearer_tokens_expire(world: World) -> None:
    credential = basic(*minted_for(world, A))
    auth = bearer(world, MINE, credential)
    world.advance(301)
    assert get(world, MANIFEST, auth).status == 401
    assert get(world, f"/token?scope={MINE}", credential).status == 200
    world.advance(600)
    assert get(world, f"/token?scope={MINE}", credential).status == 401


@pytest.mark.rule("R-241")
def test_r241_a_bearer_token_never_lives_less_than_a_minute(world: World) -> None:
    credential = basic(*minted_for(world, A))
    world.advance(890)
    got = get(world, f"/token?scope={MINE}", credential)
    assert got.json["expires_in"] == 60


POST = [("grant_type", "password"), ("service", "x"), ("client_id", "test"), ("scope", MINE)]


def post(world: World, *pairs: tuple[str, str]) -> Got:
    return post_form(f"http://{world.names['registry.host']}/token", list(pairs))


@pytest.mark.rule("R-020", "R-021", "R-244")
def test_r021_the_post_answer_says_what_was_granted(world: World) -> None:
    username, password = minted_for(world, A)
    got = post(world, *POST, ("username", username), ("password", password))
    assert got.status == 200
    assert got.json.keys() == {"access_token", "scope", "expires_in", "issued_at"}
    assert got.json["scope"] == MINE
    auth = {"Authorization": f"bearer {got.json['access_token']}"}
    assert get(world, MANIFEST, auth).status == 200


@pytest.mark.rule("R-023", "R-244")
@pytest.mark.parametrize(
    ("pairs", "error"),
    [
        ([*POST, ("username", "u"), ("password", "wrong")], "invalid_grant"),
        (POST, "invalid_request"),
        ([*POST[1:], ("username", "u"), ("password", "p")], "invalid_request"),
        ([POST[0], *POST[2:], ("username", "u"), ("password", "p")], "invalid_request"),
        ([*POST, POST[0], ("username", "u"), ("password", "p")], "invalid_request"),
        ([("grant_type", "refresh_token"), *POST[1:], ("refresh_token", "r")], "invalid_grant"),
        ([("grant_type", "authorization_code"), *POST[1:]], "unsupported_grant_type"),
    ],
)
def test_r023_post_errors_are_oauths(
    world: World, pairs: list[tuple[str, str]], error: str
) -> None:
    got = post(world, *pairs)
    assert (got.status, got.json) == (400, {"error": error})


def test_the_second_registry_knows_nobody(world: World) -> None:
    username, password = minted_for(world, A)
    url = f"http://{world.names['other.host']}"
    assert send(url + MANIFEST).status == 401
    assert send(f"{url}/token?scope={MINE}", headers=basic(username, password)).status == 401


# --- pass-through -------------------------------------------------------------


@pytest.mark.rule("X-261", "S-57")
def test_x261_the_token_itself_opens_its_workloads_images_in_pass_through() -> None:
    with World(setup(Identity.PASS_THROUGH), seed=4) as world:
        token = world.token(TokenKind.VALID, A, "s")
        auth = bearer(world, f"{MINE}&scope=repository:team-b/app:pull", basic("jwt", token))
        assert get(world, MANIFEST, auth).status == 200
        assert get(world, "/v2/team-b/app/manifests/latest", auth).status == 401
        bad = world.token(TokenKind.WRONG_AUDIENCE, B, "s")
        assert get(world, f"/token?scope={MINE}", basic("jwt", bad)).status == 401
        stranger = world.token(TokenKind.VALID, replace(A, namespace="team-z"), "s")
        auth = bearer(world, MINE, basic("jwt", stranger))
        assert get(world, MANIFEST, auth).status == 401
        received, _ = world.take()
        logins = [item for item in received if item.target.startswith("/token")]
        assert [item.token_verdict for item in logins] == ["accepted", "bad_audience", "accepted"]
        assert logins[0].subject == A.subject


@pytest.mark.rule("X-261")
def test_a_token_is_no_password_where_it_is_to_be_exchanged(world: World) -> None:
    token = world.token(TokenKind.VALID, A, "s")
    assert get(world, f"/token?scope={MINE}", basic("jwt", token)).status == 401
