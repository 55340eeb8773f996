"""The inputs of upstream's test tables, as facts.

Source: pkg/credentialprovider/{keyring,config}_test.go, plugin/{config,plugin}_test.go
and pkg/util/parsers/parsers_test.go of 1.34.
"""

import json
from typing import Any

from pullproof.model.provider import CONFIG_GROUP, PROTOCOL_GROUP
from pullproof.oracle.config import Files
from pullproof.oracle.names import Pair, Ring
from pullproof.oracle.wire import V1, Account, Judged

_SHA = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

_MATCH = tuple(
    Pair(*pair)
    for pair in (
        ("*.kubernetes.io", "prefix.kubernetes.io"),
        ("prefix.*.io", "prefix.kubernetes.io"),
        ("prefix.kubernetes.*", "prefix.kubernetes.io"),
        ("*-good.kubernetes.io", "prefix-good.kubernetes.io"),
        ("*.kubernetes.io/blah", "prefix.kubernetes.io/blah"),
        ("prefix.*.io/foo", "prefix.kubernetes.io/foo/bar"),
        ("*.kubernetes.io:1111/blah", "prefix.kubernetes.io:1111/blah"),
        ("prefix.*.io:1111/foo", "prefix.kubernetes.io:1111/foo/bar"),
        ("*.kubernetes.io", "kubernetes.io"),
        ("*.*.kubernetes.io", "prefix.kubernetes.io"),
        ("*.*.kubernetes.io", "kubernetes.io"),
        ("*kubernetes.io", "a.kubernetes.io"),
        ("*kubernetes.io", "kubernetes.io"),
        ("*.*.*.kubernetes.io", "a.b.c.kubernetes.io"),
        ("kubernetes.io", "kubernetes.com"),
        ("k*.io", "quay.io"),
        ("*.kubernetes.io:1234/blah", "prefix.kubernetes.io:1111/blah"),
        ("prefix.*.io/foo", "prefix.kubernetes.io:1111/foo/bar"),
    )
)

_IMAGE = (
    "root", "root:tag", f"root@sha256:{_SHA}", "user/repo", "user/repo:tag",
    f"user/repo@sha256:{_SHA}", "url:5000/repo", "url:5000/repo:tag",
    f"url:5000/repo@sha256:{_SHA}", f"url:5000/repo:latest@sha256:{_SHA}", "ROOT", "http://root", _SHA,
)  # fmt: skip

_DOCKER = "prefix.docker.io"
_HUB_IMAGES = (
    "foo/bar", "docker.io/foo/bar", "index.docker.io/foo/bar", "foo", "", "registry.tld/foo/bar",
    "registry:5000/foo/bar", "myhostdocker.io/foo/bar",
)  # fmt: skip
_KEYRING = (
    *(
        Ring(((key,),), (image,))
        for key, image in (
            ("https://hello.kubernetes.io", "hello.kubernetes.io/foo/bar"),
            ("https://*.docker.io", f"{_DOCKER}/foo/bar"),
            ("https://prefix.*.io", f"{_DOCKER}/foo/bar"),
            ("https://prefix.docker.*", f"{_DOCKER}/foo/bar"),
            ("https://*.docker.io/path", f"{_DOCKER}/path/foo/bar"),
            ("https://prefix.*.io/path", f"{_DOCKER}/path/subpath/foo/bar"),
            ("https://prefix.docker.*/path", f"{_DOCKER}/path/foo/bar"),
            ("https://*.docker.io:8888", f"{_DOCKER}:8888/foo/bar"),
            ("https://prefix.*.io:8888", f"{_DOCKER}:8888/foo/bar"),
            ("https://prefix.docker.*:8888", f"{_DOCKER}:8888/foo/bar"),
            ("https://*.docker.io/path:1111", f"{_DOCKER}/path:1111/foo/bar"),
            ("https://*.docker.io/v1/", f"{_DOCKER}/path:1111/foo/bar"),
            ("https://*.docker.io/v2/", f"{_DOCKER}/path:1111/foo/bar"),
            ("https://prefix.docker.*/path:1111", f"{_DOCKER}/path:1111/foo/bar"),
            ("prefix.docker.io:1111", f"{_DOCKER}:1111/path/foo/bar"),
            ("*.docker.io:1111", f"{_DOCKER}:1111/path/foo/bar"),
            ("https://hello.kubernetes.io", "world.mesos.org/foo/bar"),
            ("https://*.docker.com", f"{_DOCKER}/foo/bar"),
            ("https://suffix.*.io", f"{_DOCKER}/foo/bar"),
            ("https://prefix.docker.c*", f"{_DOCKER}/foo/bar"),
            ("https://prefix.*.io/path:1111", f"{_DOCKER}/path/subpath:1111/foo/bar"),
            ("suffix.*.io", f"{_DOCKER}/foo/bar"),
            ("https://index.docker.io", "world.mesos.org/foo/bar"),
            ("https://index.docker.io", "google/docker-registry"),
            ("https://index.docker.io", "jenkins"),
            ("https://index.docker.io", "index.docker.io/google/docker-registry"),
        )
    ),
    *(Ring((("index.docker.io",),), (image,)) for image in _HUB_IMAGES),
    *(
        Ring((("bar.example.com/pong",), ("bar.example.com",)), (image,))
        for image in (
            "bar.example.com", "bar.example.com/pong", "bar.example.com/ping",
            "bar.example.com/pongz", "bar.example.com/pong/pang", "example.com", "foo.example.com",
        )
    ),
    Ring((("https://quay.io/v1/",),), ("quay.io", "quay.io/foo", "quay.io/foo/bar")),
)  # fmt: skip


def _response(**members: Any) -> bytes:
    document = {
        "kind": "CredentialProviderResponse",
        "apiVersion": V1,
        "cacheKeyType": "Registry",
        "cacheDuration": "1m",
        "auth": {"*.registry.io": {"username": "user", "password": "password"}},
    }
    whole = {name: value for name, value in (document | members).items() if value is not None}
    return json.dumps(whole).encode()


_RESPOND = (
    Judged(_response()),
    *(Judged(_response(cacheKeyType=kind)) for kind in ("Image", "Global", "", "image", None)),
    *(
        Judged(_response(apiVersion=f"{PROTOCOL_GROUP}/{version}"), f"{PROTOCOL_GROUP}/{version}")
        for version in ("v1alpha1", "v1beta1")
    ),
    Judged(_response(apiVersion=f"{PROTOCOL_GROUP}/v1beta1")),
    Judged(_response(apiVersion=f"{PROTOCOL_GROUP}/v2")),
    Judged(_response(kind="CredentialProviderRequest")),
    Judged(_response(kind="Unknown")),
    *(Judged(_response(cacheDuration=life)) for life in (None, "0s", "-1m", "1d", 60)),
    Judged(_response(auth=None)),
    Judged(_response(unknown="x")),
    *(
        Judged(_response(auth={"r.io": {"username": "u", "password": "token"}}), V1, "token", kind)
        for kind in ("ServiceAccount", "Token")
    ),
)

_ACCOUNTS = (
    Account("namespace", "serviceAccountName", "serviceAccountUID"),
    Account("ns", "sa", "uid", (("prefix.io/annotation-1", "value1"),)),
    Account("ns", "sa", "uid", (("b", "2"), ("a", "1")), "ServiceAccount"),
    Account("ns", "sa", "uid", (("b", "2"), ("a", "1")), "Token", "token"),
    Account("ns", "sa", "uid", (), "Token"),
    Account("ns", "", "", ()),
)


def _config(version: str = "v1", *changes: dict[str, Any], tokens: bool = True) -> Files:
    providers: list[dict[str, Any]] = []
    for at, change in enumerate(changes or ({},)):
        provider: dict[str, Any] = {
            "name": f"provider-{at}",
            "matchImages": ["registry.io/foobar"],
            "defaultCacheDuration": "10m",
            "apiVersion": f"{PROTOCOL_GROUP}/v1",
        }
        whole = provider | change
        providers.append({name: value for name, value in whole.items() if value is not None})
    document = {
        "kind": "CredentialProviderConfig",
        "apiVersion": f"{CONFIG_GROUP}/{version}",
        "providers": providers,
    }
    return Files((("0.yaml", json.dumps(document)),), tokens)


def _tokens(**members: Any) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "serviceAccountTokenAudience": "audience",
        "cacheType": "ServiceAccount",
        "requireServiceAccount": True,
    }
    whole = attributes | members
    return {"tokenAttributes": {name: item for name, item in whole.items() if item is not None}}


_REQUIRED, _OPTIONAL = (
    "requiredServiceAccountAnnotationKeys",
    "optionalServiceAccountAnnotationKeys",
)
_CONFIGS = (
    *(_config(version) for version in ("v1", "v1beta1", "v1alpha1", "v2")),
    _config("v1", {}, {}),
    _config("v1", {"name": "same"}, {"name": "same"}),
    *(_config("v1", {"name": name}) for name in ("foo/../bar", ".", "..", "foo bar", "foo%2F%2e")),
    *(
        _config("v1", {"apiVersion": name})
        for name in ("", f"{PROTOCOL_GROUP}/v1alpha0", f"{PROTOCOL_GROUP}/v1beta1", None)
    ),
    *(
        _config("v1", {"matchImages": list(images)})
        for images in ((), ("%invalid%",), ("%invalid",), ("*.registry.io", "a.b:80/c"))
    ),
    *(_config("v1", {"defaultCacheDuration": life}) for life in (None, "-1m", "0s", "x")),
    _config("v1", {"unknown": 1}),
    _config("v1", _tokens()),
    _config("v1", _tokens(), tokens=False),
    _config("v1beta1", _tokens()),
    _config("v1", _tokens() | {"apiVersion": f"{PROTOCOL_GROUP}/v1beta1"}),
    _config("v1", _tokens(serviceAccountTokenAudience=None)),
    _config("v1", _tokens(serviceAccountTokenAudience="")),
    _config("v1", _tokens(requireServiceAccount=None)),
    _config("v1", _tokens(requireServiceAccount=False, **{_REQUIRED: ["a"]})),
    _config("v1", _tokens(**{_REQUIRED: ["prefix.io/a", "cantendwithadash-"]})),
    _config("v1", _tokens(**{_OPTIONAL: ["now-with-dashes/simple", "cantendwithadash-"]})),
    _config("v1", _tokens(**{_REQUIRED: ["a", "a"], _OPTIONAL: ["b", "b"]})),
    _config("v1", _tokens(**{_REQUIRED: ["a", "b"], _OPTIONAL: ["b", "c"]})),
    *(_config("v1", _tokens(cacheType=kind)) for kind in (None, "", "Token", "Unknown")),
)

INPUTS: dict[str, tuple[Any, ...]] = {
    "match": _MATCH,
    "image": _IMAGE,
    "keyring": _KEYRING,
    "respond": _RESPOND,
    "accountKey": _ACCOUNTS,
    "config": _CONFIGS,
}
SUBJECTS: dict[str, tuple[str, str]] = {
    "match": ("K-043", "Host parts, port and path decide whether a pattern matches."),
    "image": ("K-070", "An image is known by its normalised name."),
    "keyring": ("K-132", "Every keyring key that matches contributes, in reverse byte order."),
    "respond": ("K-091", "A response is decoded strictly and kept as it says."),
    "accountKey": ("K-102", "Whose credential it is stands in the cache key."),
    "config": ("K-023", "A configuration is decoded strictly and validated as a whole."),
}
"""Rule and reason by op."""
