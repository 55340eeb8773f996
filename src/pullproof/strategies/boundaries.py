"""Values that are valid and lie on an edge, by name.

A step further and they are none: those neighbours are among the deviations.
Tables, on purpose: an edge is worth trying each time, not when chance has it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from pullproof.model.provider import CONFIG_GROUP, PROTOCOL_GROUP
from pullproof.model.request import Request
from pullproof.model.setup import Setup, UnknownImage
from pullproof.model.verify import DEFAULT_LEEWAY_S
from pullproof.strategies.deviation import Deviation, Document
from pullproof.strategies.responses import V1
from pullproof.strategies.tokens import Claims, token_claims
from pullproof.strategies.worlds import shared_image, worlds

DAY_S = 86400

IMAGES: Mapping[str, str] = {
    "path of 255 characters": "registry.example/" + "a" * 255,
    "127 path components": "registry.example/" + "/".join("a" * 127),
    "shortest host and path": "a.b/c",
    "highest port": "registry.example:65535/app",
    "every separator": "registry.example/a__b/c--d/e.f/g_h",
    "path of digits": "registry.example/0/1",
}

REQUESTS: Mapping[str, Request] = {
    "image alone": Request("registry.example/app"),
    "longest path": Request(IMAGES["path of 255 characters"]),
    "token without annotations": Request("registry.example/app", "eyJ.eyJ.s"),
    "annotation with an empty value": Request(
        "registry.example/app", "t", (("example.com/a", ""),)
    ),
    "annotation of 64 KiB": Request("registry.example/app", "t", (("example.com/a", "x" * 65536),)),
    "annotation that Go escapes": Request(
        "registry.example/app", "t", (("example.com/a", '<&>\u2028\u2029\x7f\x00"\\\U0001f40b'),)
    ),
}


def _response(**members: Any) -> bytes:
    document: Document = {
        "kind": "CredentialProviderResponse",
        "apiVersion": V1,
        "cacheKeyType": "Image",
        "auth": {"registry.example": {"username": "u", "password": "p"}},
        **members,
    }
    return json.dumps(document).encode()


def _entry(username: str, password: str) -> bytes:
    return _response(auth={"registry.example": {"username": username, "password": password}})


RESPONSES: Mapping[str, bytes] = {
    "empty auth": _response(auth={}),
    "null auth": _response(auth=None),
    "entry without members": _response(auth={"registry.example": {}}),
    "empty user name and password": _entry("", ""),
    "password of 64 KiB": _entry("u", "p" * 65536),
    "password with NUL": _entry("u", "a\x00b"),
    "duration of zero": _response(cacheDuration="0s"),
    "shortest duration": _response(cacheDuration="1ns"),
    "longest duration": _response(cacheDuration="2562047h47m16.854775807s"),
    "most negative duration": _response(cacheDuration="-2562047h47m16.854775808s"),
    "white space around": b" \n\t" + _response() + b"\r\n ",
}


def _config(**members: Any) -> bytes:
    provider: Document = {
        "name": "p",
        "matchImages": ["registry.example"],
        "defaultCacheDuration": "0s",
        "apiVersion": f"{PROTOCOL_GROUP}/v1",
        **members,
    }
    return json.dumps(
        {
            "kind": "CredentialProviderConfig",
            "apiVersion": f"{CONFIG_GROUP}/v1",
            "providers": [provider],
        }
    ).encode()


CONFIGS: Mapping[str, bytes] = {
    "shortest": _config(),
    "name of 255 characters": _config(name="p" * 255),
    "three dots as name": _config(name="..."),
    "longest duration": _config(defaultCacheDuration="2562047h47m16.854775807s"),
    "shortest duration": _config(defaultCacheDuration="1ns"),
    "empty lists": _config(args=[], env=[]),
    "pattern of stars": _config(matchImages=["*.*.*"]),
    "path in a pattern": _config(matchImages=["registry.example:5000/team-a"]),
}

_CLAIMS: Mapping[str, Callable[[int], Claims]] = {
    "last second of the leeway": lambda now: _times(now - 3600, now - DEFAULT_LEEWAY_S + 1),
    "valid from the end of the leeway": lambda now: _times(
        now + DEFAULT_LEEWAY_S, now + DEFAULT_LEEWAY_S + 3600
    ),
    "issued now": lambda now: _times(now, now + 3600),
    "lives for a day": lambda now: _times(now, now + DAY_S),
    "several audiences": lambda now: {"aud": ["other.example", "registry.example"]},
    "audience as text": lambda now: {"aud": "registry.example"},
}


def _times(issued: int, expires: int) -> Claims:
    return {"iat": issued, "nbf": issued, "exp": expires}


WORLDS: Mapping[str, Callable[[Setup], Setup]] = {
    "one workload": lambda setup: replace(setup, workloads=setup.workloads[:1]),
    "image of nobody": lambda setup: replace(setup, served=(*setup.served, shared_image(setup))),
    "one account name in two namespaces": lambda setup: replace(
        setup, workloads=tuple(replace(w, service_account="puller") for w in setup.workloads)
    ),
    "a workload without images": lambda setup: replace(
        setup,
        workloads=(*setup.workloads[:1], *(replace(w, images=()) for w in setup.workloads[1:])),
    ),
    "nothing declared": lambda setup: replace(
        setup, policy=replace(setup.policy, owns=None, unknown_image=UnknownImage.EITHER)
    ),
}


def boundary_images() -> st.SearchStrategy[Deviation[str]]:
    """Return repo names that are the longest, shortest, strangest there are (K-070)."""
    return _of(IMAGES)


def boundary_requests() -> st.SearchStrategy[Deviation[Request]]:
    """Return requests that the kubelet sends, seldom (K-075 to K-079)."""
    return _of(REQUESTS)


def boundary_responses() -> st.SearchStrategy[Deviation[bytes]]:
    """Return responses that the kubelet just about takes (K-090 to K-097)."""
    return _of(RESPONSES)


def boundary_configs() -> st.SearchStrategy[Deviation[bytes]]:
    """Return files that a kubelet just about starts with (K-023 to K-034)."""
    return _of(CONFIGS)


def boundary_claims(now: int) -> st.SearchStrategy[Deviation[Claims]]:
    """Return claims that are just about good at `now`, seconds since 1970 (T-132 to T-140)."""

    def changed(name: str, claims: Claims) -> Deviation[Claims]:
        return Deviation(name, claims | _CLAIMS[name](now))

    return st.builds(changed, st.sampled_from(sorted(_CLAIMS)), token_claims(now))


def boundary_worlds() -> st.SearchStrategy[Deviation[Setup]]:
    """Return setups in which something is as small or as alike as it may be."""

    def changed(name: str, setup: Setup) -> Deviation[Setup]:
        return Deviation(name, WORLDS[name](setup))

    return st.builds(changed, st.sampled_from(sorted(WORLDS)), worlds(workloads=2))


def _of(table: "Mapping[str, Any]") -> "st.SearchStrategy[Deviation[Any]]":
    return st.sampled_from([Deviation(name, value) for name, value in table.items()])
