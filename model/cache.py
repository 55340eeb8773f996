"""Where and how long the kubelet keeps a response.

Keys are length-prefixed bytes, so that no two different lookups can share one.
The service account part keeps credentials of one account from being served to
another (I-05, I-11, I-22).

Source: K-100 to K-105.
"""

import hashlib
from collections.abc import Iterable
from struct import pack

from pullproof.model.provider import CacheKeyType, CacheType
from pullproof.model.versions import KubeletVersion

MAX_STRING = 0xFFFF
"""Bytes; what a 2-byte length can say."""


class KeyTooLong(ValueError):
    """A string of a cache key exceeds 65535 bytes: no credentials (K-104)."""

    def __init__(self, what: str, size: int) -> None:
        super().__init__(f"{what} of a cache key has {size} bytes, at most {MAX_STRING} fit")
        self.what = what
        self.size = size


def token_hash(token: str) -> str:
    """Return the kubelet's name for a token, empty for an empty one (K-102)."""
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()}" if token else ""


def service_account_key(
    namespace: str,
    name: str,
    uid: str,
    annotations: Iterable[tuple[str, str]],
    cache_type: CacheType | None = None,
    token: str = "",
) -> bytes:
    """Return the service account part of a cache key.

    Args:
        namespace: Of the pod.
        name: Of the service account.
        uid: Of the service account.
        annotations: The selected ones (K-103), in any order, keys unique.
        cache_type: Only `Token` puts the token into the key; None is 1.33.
        token: Of this lookup; used with cacheType Token only.

    Raises:
        KeyTooLong: One of the strings exceeds 65535 bytes.

    Source: K-102, K-104. Holds: I-05, I-11, I-22.
    """
    parts = [
        _prefixed("namespace", namespace.encode()),
        _prefixed("service account name", name.encode()),
        _prefixed("service account UID", uid.encode()),
        _annotations(annotations),
    ]
    if cache_type is CacheType.TOKEN:
        parts += _prefixed("", b"token"), _prefixed("", token_hash(token).encode())
    return b"".join(parts)


def cache_key(base: str, service_account_key: bytes = b"") -> bytes:
    """Return the key of one lookup (K-101).

    Args:
        base: Repo name, registry or the global marker (`base_key`).
        service_account_key: Empty in plain mode and for SA-less lookups.

    Raises:
        KeyTooLong: `base` or the service account part exceeds 65535 bytes.

    Source: K-101, K-104.
    """
    return _prefixed("base", base.encode()) + _prefixed("service account part", service_account_key)


def flight_key(
    repo_name: str, token: str = "", annotations: Iterable[tuple[str, str]] | None = None
) -> bytes:
    """Return the key under which overlapping execs of a provider are one.

    Args:
        repo_name: Of the image.
        token: Of this lookup.
        annotations: The selected ones; None in plain mode and for SA-less
            lookups, whose key is the bare repo name.

    Raises:
        KeyTooLong: One of the strings exceeds 65535 bytes.

    Source: K-120, K-121.
    """
    if annotations is None:
        return repo_name.encode()
    hashed = _prefixed("", token_hash(token).encode())
    return _prefixed("image", repo_name.encode()) + hashed + _annotations(annotations)


def base_key(cache_key_type: CacheKeyType, repo_name: str, version: KubeletVersion) -> str:
    """Return which images share a cached response, as the kubelet writes it (K-101)."""
    match cache_key_type:
        case CacheKeyType.IMAGE:
            return repo_name
        case CacheKeyType.REGISTRY:
            return registry_of(repo_name)
        case CacheKeyType.GLOBAL:
            return version.global_base


def registry_of(repo_name: str) -> str:
    """Return host and port: what stands before the first slash, or all (K-101)."""
    return repo_name.partition("/")[0]


def store(response_duration_ns: int | None, default_ns: int) -> int | None:
    """Return how many ns a response is kept; None: it is not stored.

    A negative answer means it is stored and already expired. The credentials
    are used for the pull at hand in each case.

    Source: K-105.
    """
    life = default_ns if response_duration_ns is None else response_duration_ns
    return life or None


def _annotations(annotations: Iterable[tuple[str, str]]) -> bytes:
    pairs = sorted((key.encode(), value.encode()) for key, value in annotations)
    parts = [pack(">I", len(pairs))]
    for key, value in pairs:
        parts += _prefixed("annotation key", key), _prefixed("annotation value", value)
    return b"".join(parts)


def _prefixed(what: str, data: bytes) -> bytes:
    if len(data) > MAX_STRING:
        raise KeyTooLong(what, len(data))
    return pack(">H", len(data)) + data
