"""Kubelet configurations: documents the kubelet starts with, and deviations.

Covers K-010 to K-037 for one file; JSON is written, which the kubelet reads as
the YAML that it is. Narrow on purpose: version v1 of a kubelet from 1.34 on.
"""

import json
from collections.abc import Callable, Mapping

from hypothesis import strategies as st

from pullproof.model.provider import CONFIG_GROUP, PROTOCOL_GROUP, CacheType
from pullproof.strategies.deviation import (
    Change,
    Deviation,
    Document,
    deviations,
    drop,
    put,
    rename,
)
from pullproof.strategies.images import images, match_images

_NAMES = st.from_regex(r"[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,6})?", fullmatch=True)
_KEYS = st.from_regex(r"example\.com/[a-z]{1,10}", fullmatch=True)
_DURATIONS = st.sampled_from(["0s", "5m0s", "12h", "1h30m"])


@st.composite
def _token_attributes(draw: st.DrawFn, require: bool) -> Document:
    required = draw(st.lists(_KEYS, unique=True, max_size=2)) if require else []
    optional = draw(st.lists(_KEYS, unique=True, max_size=2))
    document: Document = {
        "serviceAccountTokenAudience": draw(st.sampled_from(["registry.example", "api"])),
        "cacheType": draw(st.sampled_from([kind.value for kind in CacheType])),
        "requireServiceAccount": require,
    }
    if required:
        document["requiredServiceAccountAnnotationKeys"] = required
    if others := [key for key in optional if key not in required]:
        document["optionalServiceAccountAnnotationKeys"] = others
    return document


@st.composite
def _providers(draw: st.DrawFn, name: str, tokens: bool | None) -> Document:
    image = draw(images())
    document: Document = {
        "name": name,
        "matchImages": draw(st.lists(match_images(image), min_size=1, max_size=2, unique=True)),
        "defaultCacheDuration": draw(_DURATIONS),
        "apiVersion": f"{PROTOCOL_GROUP}/v1",
    }
    if draw(st.booleans()):
        document["args"] = draw(st.lists(st.sampled_from(["--verbose", "get"]), max_size=2))
    if draw(st.booleans()):
        document["env"] = [{"name": "EXCHANGE_URL", "value": "${exchange.url}"}]
    if draw(st.booleans()) if tokens is None else tokens:
        document["tokenAttributes"] = draw(_token_attributes(draw(st.booleans())))
    return document


@st.composite
def documents(draw: st.DrawFn, *, tokens: bool | None = None) -> Document:
    """Return a configuration as a document; `tokens` decides about SA mode."""
    names = draw(st.lists(_NAMES, min_size=1, max_size=3, unique=True))
    return {
        "kind": "CredentialProviderConfig",
        "apiVersion": f"{CONFIG_GROUP}/v1",
        "providers": [draw(_providers(name, tokens)) for name in names],
    }


def configs(*, tokens: bool | None = None) -> st.SearchStrategy[bytes]:
    """Return files that a kubelet from 1.34 on starts with.

    Args:
        tokens: True: every provider in SA mode; False: none; absent: either.
    """
    return documents(tokens=tokens).map(_encode)


def deviant_configs() -> st.SearchStrategy[Deviation[bytes]]:
    """Return files that are wrong in exactly one thing."""
    changes = {name: _changed(change) for name, change in CHANGES.items()}
    found = deviations(documents(tokens=True), changes)
    return found.map(lambda item: Deviation(item.name, _encode(item.value)))


def _encode(document: Document) -> bytes:
    return json.dumps(document, indent=2).encode() + b"\n"


def _changed(change: Change) -> Callable[[Document], Document]:
    def apply(document: Document) -> Document:
        copy: Document = json.loads(json.dumps(document))
        change(copy)
        return copy

    return apply


def _first(change: Change) -> Change:
    """Return `change` applied to the first provider."""
    return lambda document: change(document["providers"][0])


def _tokens(change: Change) -> Change:
    return _first(lambda provider: change(provider["tokenAttributes"]))


def _same_name(document: Document) -> None:
    document["providers"].append(json.loads(json.dumps(document["providers"][0])))


CHANGES: Mapping[str, Change] = {
    "no kind": drop("kind"),
    "kind of a response": put("CredentialProviderResponse", "kind"),
    "no apiVersion": drop("apiVersion"),
    "apiVersion v2": put(f"{CONFIG_GROUP}/v2", "apiVersion"),
    "no providers": put([], "providers"),
    "unknown member": put(1, "provider"),
    "a name twice": _same_name,
    "name with a slash": _first(put("bin/provider", "name")),
    "name is two dots": _first(put("..", "name")),
    "no matchImages": _first(put([], "matchImages")),
    "matchImages with a blank": _first(put(["registry example"], "matchImages")),
    "no defaultCacheDuration": _first(drop("defaultCacheDuration")),
    "defaultCacheDuration negative": _first(put("-1s", "defaultCacheDuration")),
    "defaultCacheDuration is a number": _first(put(5, "defaultCacheDuration")),
    "no protocol version": _first(drop("apiVersion")),
    "unknown protocol version": _first(put(f"{PROTOCOL_GROUP}/v2", "apiVersion")),
    "unknown member of a provider": _first(rename("defaultcacheduration", "defaultCacheDuration")),
    "no audience": _tokens(drop("serviceAccountTokenAudience")),
    "no requireServiceAccount": _tokens(drop("requireServiceAccount")),
    "no cacheType": _tokens(drop("cacheType")),
    "cacheType of a response": _tokens(put("Image", "cacheType")),
}
"""Changes by name."""
