"""A registry that asks for a bearer token and serves one image a repository.

Routing comes first, then authorisation, then the look-up, in that order: a
repository that does not exist and one that may not be seen answer alike
(R-056), and a name that fits no route answers as plain text (R-227).

Source: R-001 to R-005, R-028, R-036, R-037, R-045 to R-058, R-220 to R-228.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pullproof.adapters.faults import Outcome, Reply
from pullproof.adapters.http_request import Headers, Request
from pullproof.adapters.images import MANIFEST_TYPE, TAG, Image, image_of
from pullproof.adapters.token_service import PATH as TOKEN_PATH
from pullproof.adapters.token_service import TokenService
from pullproof.model.challenge import format_bearer
from pullproof.model.scope import Scope, is_digest, is_resource_name, is_tag

_VERSION = ("Docker-Distribution-Api-Version", "registry/2.0")
_ROUTE = re.compile(r"/v2/(?P<name>.+)/(?P<kind>manifests|blobs|tags)/(?P<reference>[^/]+)")
_UPLOAD = re.compile(r"/v2/(?P<name>.+)/blobs/uploads/.*")
_PULLING = frozenset({"GET", "HEAD"})
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "GET": ("pull",),
    "HEAD": ("pull",),
    "DELETE": ("delete",),
}
"""R-028; every other method wants to write."""


@dataclass(frozen=True, slots=True)
class _Route:
    name: str
    kind: str
    reference: str


class Registry:
    """One registry host.

    Args:
        host: `127.0.0.1:port`; also the service name in challenges.
        repositories: What it holds.
        tokens: Its token service.
        denied_status: How too few rights are answered: 401 as distribution
            does, or 403 as hosted registries do (R-037).
    """

    def __init__(
        self,
        host: str,
        repositories: tuple[str, ...],
        tokens: TokenService,
        *,
        denied_status: int = 401,
    ) -> None:
        self.host = host
        self.tokens = tokens
        self._repositories = frozenset(repositories)
        self._denied_status = denied_status

    def handle(self, request: Request, *, now: float) -> Outcome:
        """Answer one request at the registry's listener."""
        if request.path == TOKEN_PATH:
            return self.tokens.handle(request, service=self.host, now=now)
        cleaned = _clean(request.path)
        if cleaned != request.path:  # before authorisation
            query = f"?{request.query}" if request.query else ""
            return Outcome(Reply(301, headers=(("Location", cleaned + query),)))
        if request.path == "/v2/":
            return Outcome(self._ping(request, now))
        if request.path == "/v2/_catalog":
            return Outcome(self._catalog(request, now))
        return Outcome(self._resource(request, now))

    def _ping(self, request: Request, now: float) -> Reply:
        refusal = self._refusal(request, None, now)
        return refusal or Reply(200, {}, headers=(_VERSION,))

    def _catalog(self, request: Request, now: float) -> Reply:
        refusal = self._refusal(request, Scope("registry", "catalog", ("*",)), now)
        return refusal or Reply(200, {"repositories": []}, headers=(_VERSION,))

    def _resource(self, request: Request, now: float) -> Reply:
        route = _route(request.path)
        if route is None:
            return Reply(
                404, body=b"404 page not found\n", content_type="text/plain; charset=utf-8"
            )
        actions = _ACTIONS.get(request.method, ("pull", "push"))
        refusal = self._refusal(request, Scope("repository", route.name, actions), now)
        if refusal is not None:
            return refusal
        if request.method not in _PULLING:
            return _error(405, "UNSUPPORTED", "the operation is unsupported")
        if route.name not in self._repositories:
            return _error(404, "NAME_UNKNOWN", "repository name not known to registry")
        return _serve(request, route, image_of(route.name))

    # --- authorisation ------------------------------------------------------

    def _refusal(self, request: Request, wanted: Scope | None, now: float) -> Reply | None:
        """Return the 401 or 403 a request deserves, None if it may go on."""
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            return self._challenge(wanted, "")
        bearer = self.tokens.find(token.strip(), now)
        if bearer is None:
            return self._challenge(wanted, "invalid_token")
        if wanted is None or _covers(bearer.scopes, wanted):
            return None  # a ping proves authentication only
        if self._denied_status == 403:
            return _error(403, "DENIED", "requested access to the resource is denied")
        return self._challenge(wanted, "insufficient_scope")

    def _challenge(self, wanted: Scope | None, error: str) -> Reply:
        challenge = format_bearer(
            f"http://{self.host}{TOKEN_PATH}", self.host, str(wanted or ""), error
        )
        detail = wanted and [
            {"Type": wanted.type, "Class": "", "Name": wanted.name, "Action": action}
            for action in wanted.actions
        ]
        return _error(
            401, "UNAUTHORIZED", "authentication required", detail,
            (("Www-Authenticate", challenge),),
        )  # fmt: skip


def _covers(granted: tuple[Scope, ...], wanted: Scope) -> bool:
    return any(
        (scope.type, scope.name) == (wanted.type, wanted.name)
        and set(wanted.actions) <= set(scope.actions)
        for scope in granted
    )


def _clean(path: str) -> str:
    """Return `path` without empty, `.` and `..` parts; a final slash stays."""
    if path == "/v2":
        return "/v2/"
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    slash = "/" if parts and path.endswith("/") else ""
    return "/" + "/".join(parts) + slash


def _route(path: str) -> _Route | None:
    upload = _UPLOAD.fullmatch(path)
    if upload and is_resource_name(upload["name"]):
        return _Route(upload["name"], "uploads", "")
    match = _ROUTE.fullmatch(path)
    if match is None or not is_resource_name(match["name"]):
        return None
    if match["kind"] == "tags" and match["reference"] != "list":
        return None
    return _Route(match["name"], match["kind"], match["reference"])


# --- content ----------------------------------------------------------------


def _serve(request: Request, route: _Route, image: Image) -> Reply:
    if route.kind == "tags":
        return Reply(200, {"name": route.name, "tags": [TAG]}, headers=(_VERSION,))
    if route.kind == "manifests":
        return _manifest(request, route.reference, image)
    if route.kind == "blobs":
        return _blob(route.reference, image)
    return _error(405, "UNSUPPORTED", "the operation is unsupported")


def _manifest(request: Request, reference: str, image: Image) -> Reply:
    if ":" in reference and not is_digest(reference):
        return _error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
    if ":" not in reference and not is_tag(reference):
        return _error(404, "MANIFEST_UNKNOWN", "manifest unknown")
    if reference not in (TAG, image.digest):
        return _error(404, "MANIFEST_UNKNOWN", "manifest unknown", {"Tag": reference})
    if not _accepts(request, MANIFEST_TYPE):  # looks like a missing image
        return _error(404, "MANIFEST_UNKNOWN", "OCI manifest found, but accept header has none")
    return Reply(200, body=image.manifest, content_type=MANIFEST_TYPE, headers=_of(image.digest))


def _blob(reference: str, image: Image) -> Reply:
    if not is_digest(reference):
        return _error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
    blob = image.blobs.get(reference)
    if blob is None:
        return _error(404, "BLOB_UNKNOWN", "blob unknown to registry")
    media_type, data = blob
    return Reply(200, body=data, content_type=media_type, headers=_of(reference))


def _accepts(request: Request, media_type: str) -> bool:
    accepted = ",".join(value for name, value in request.headers if name.lower() == "accept")
    types = {item.partition(";")[0].strip().lower() for item in accepted.split(",")}
    return not accepted or bool(types & {media_type, "application/*", "*/*"})


def _of(digest: str) -> Headers:
    return (_VERSION, ("Docker-Content-Digest", digest), ("Etag", f'"{digest}"'))


def _error(
    status: int, code: str, message: str, detail: object = None, headers: Headers = ()
) -> Reply:
    error = {"code": code, "message": message, "detail": detail}
    return Reply(status, {"errors": [error]}, headers=(_VERSION, *headers))
