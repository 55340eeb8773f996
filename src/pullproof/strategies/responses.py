"""Responses: documents the kubelet accepts, and named deviations.

Covers K-090 to K-097: member order, white space, absent and null members are
varied in the valid ones, because the kubelet takes them all.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from pullproof.model.durations import format_duration
from pullproof.model.provider import PROTOCOL_GROUP, CacheKeyType
from pullproof.strategies.deviation import (
    Change,
    Deviation,
    Document,
    deviations,
    drop,
    put,
    rename,
)
from pullproof.strategies.images import auth_keys, images

V1 = f"{PROTOCOL_GROUP}/v1"
HOUR_NS = 3600 * 10**9

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=24)
_DURATIONS = st.sampled_from(["0", "0s", "-1h", "21.6µs", "1h30m", "+5m", ".5s"]) | st.integers(
    -HOUR_NS, 48 * HOUR_NS
).map(format_duration)


@st.composite
def documents(draw: st.DrawFn, api_version: str = V1, image: str | None = None) -> Document:
    """Return a response as a document, with every member present.

    Args:
        image: Repo name that each auth key matches; any image if absent.
    """
    asked = draw(images()) if image is None else image
    entry = st.fixed_dictionaries({"username": _TEXTS, "password": _TEXTS})
    return {
        "kind": "CredentialProviderResponse",
        "apiVersion": api_version,
        "cacheKeyType": draw(st.sampled_from([kind.value for kind in CacheKeyType])),
        "cacheDuration": draw(_DURATIONS),
        "auth": draw(st.dictionaries(auth_keys(asked), entry, min_size=1, max_size=3)),
    }


@st.composite
def responses(draw: st.DrawFn, api_version: str = V1, image: str | None = None) -> bytes:
    """Return stdout that the kubelet accepts from a provider of `api_version`."""
    document = draw(documents(api_version, image))
    for name in ("auth", "cacheDuration"):  # absent and null are the same (K-095, K-096)
        match draw(st.sampled_from(["kept", "null", "absent"])):
            case "null":
                document[name] = None
            case "absent":
                del document[name]
            case _:
                pass
    names = draw(st.permutations(sorted(document)))
    indent = draw(st.sampled_from([None, 2]))
    text = json.dumps({name: document[name] for name in names}, indent=indent,
                      ensure_ascii=draw(st.booleans()))  # fmt: skip
    blank = st.sampled_from(["", " ", "\n", "\r\n\t"])
    return (draw(blank) + text + draw(blank)).encode("utf-8")


def deviant_responses(api_version: str = V1) -> st.SearchStrategy[Deviation[bytes]]:
    """Return responses that are wrong in exactly one thing."""
    return deviations(documents(api_version), _DOCUMENT_CHANGES).map(_encoded) | deviations(
        responses(api_version), TEXT_CHANGES
    )


def _encoded(deviation: Deviation[Document]) -> Deviation[bytes]:
    return Deviation(deviation.name, json.dumps(deviation.value).encode())


def _changed(change: Change) -> Callable[[Document], Document]:
    def apply(document: Document) -> Document:
        copy: Document = json.loads(json.dumps(document))
        change(copy)
        return copy

    return apply


def _in_entry(name: str, value: Any) -> Change:
    def change(document: Document) -> None:
        next(iter(document["auth"].values()))[name] = value

    return change


DOCUMENT_CHANGES: Mapping[str, Change] = {
    "no apiVersion": drop("apiVersion"),
    "apiVersion of another group": put("example.com/v1", "apiVersion"),
    "apiVersion of a later protocol": put(f"{PROTOCOL_GROUP}/v2", "apiVersion"),
    "no kind": drop("kind"),
    "kind of a request": put("CredentialProviderRequest", "kind"),
    "no cacheKeyType": drop("cacheKeyType"),
    "cacheKeyType in small letters": put("registry", "cacheKeyType"),
    "cacheKeyType is null": put(None, "cacheKeyType"),
    "cacheKeyType spelled cachekeytype": rename("cachekeytype", "cacheKeyType"),
    "cacheKeyType is a number": put(1, "cacheKeyType"),
    "cacheDuration is empty": put("", "cacheDuration"),
    "cacheDuration without unit": put("3600", "cacheDuration"),
    "cacheDuration in words": put("1 hour", "cacheDuration"),
    "cacheDuration in days": put("1d", "cacheDuration"),
    "cacheDuration as ISO 8601": put("PT1H", "cacheDuration"),
    "cacheDuration overflows": put("99999999h", "cacheDuration"),
    "cacheDuration is a number": put(3600, "cacheDuration"),
    "cacheDuration is an object": put({"seconds": 3600}, "cacheDuration"),
    "unknown member": put("2030-01-01T00:00:00Z", "expiresAt"),
    "metadata": put({}, "metadata"),
    "auth is a list": put([], "auth"),
    "auth spelled Auth": rename("Auth", "auth"),
    "entry with an unknown member": _in_entry("email", "a@example.com"),
    "entry with a number": _in_entry("username", 5),
    "entry spelled Username": _in_entry("Username", "x"),
}
"""Changes of the document by name."""

_DOCUMENT_CHANGES = {name: _changed(change) for name, change in DOCUMENT_CHANGES.items()}

TEXT_CHANGES: Mapping[str, Callable[[bytes], bytes]] = {
    "no bytes": lambda data: b"",
    "only white space": lambda data: b" \n",
    "text before": lambda data: b"Login Succeeded\n" + data,
    "text behind": lambda data: data + b"\ndone",
    "two documents": lambda data: data + b"\n" + data,
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "cut before the end": lambda data: data.rstrip()[:-1],
    "wrapped in a list": lambda data: b"[" + data + b"]",
    "JSON null": lambda data: b"null",
    "empty object": lambda data: b"{}",
    "as YAML": lambda data: b"kind: CredentialProviderResponse\napiVersion: " + V1.encode(),
    "member twice": lambda data: _twice(data),
}
"""Changes of the bytes by name."""


def _twice(data: bytes) -> bytes:
    """Write `kind` a second time: the kubelet's strict decoder refuses (K-091)."""
    head, brace, rest = data.partition(b"{")
    return head + brace + b'"kind":"CredentialProviderResponse",' + rest
