"""Which credentials the kubelet picks for an image, and in which order.

A response's auth keys become keyring keys; at a pull every key that matches
the repo name contributes, more specific ones first. The keyring is filled
anew for each decision, and only what it holds for *this* image is used, also
from an answer cached for the whole registry or node (K-135).

Source: K-130 to K-138, K-170, K-171.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from pullproof.model.gourl import InvalidURL, parse
from pullproof.model.matching import matches

HUB_KEY = "index.docker.io"
_HUB_HOSTS = ("docker.io", HUB_KEY)
_OLD_API_PATHS = ("/v1/", "/v2/")


class Entry(Protocol):
    """One entry of `auth` in a response."""

    @property
    def auth_key(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential for a pull, and where it came from."""

    auth_key: str
    """As the provider wrote it, not the keyring key."""
    username: str
    password: str = field(repr=False)
    source: str = ""
    """Who contributed it: whatever the caller of `Keyring.add` calls them."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """What providers contributed so far; `add` returns a larger one."""

    credentials: tuple[tuple[str, Credential], ...] = ()
    """Keyring key and credential, in the order in which they were added."""
    strict_colons: bool = True
    """See `gourl.parse`; a kubelet before 1.36 is not strict."""

    def add(self, source: str, entries: Iterable[Entry]) -> "Keyring":
        """Return a keyring that also holds `entries`, in their order.

        The kubelet walks through a response's `auth` in random order. That
        shows only when two keys of one response become one keyring key
        (Q-10); here the order of the response stands for all of them.

        Args:
            source: Name of the contributor.
            entries: Those with an unreadable key are skipped, as K-131 says.

        Source: K-130, K-131.
        """
        added = tuple(
            (key, Credential(entry.auth_key, entry.username, entry.password, source))
            for entry in entries
            if (key := keyring_key(entry.auth_key, strict_colons=self.strict_colons)) is not None
        )
        return Keyring(self.credentials + added, self.strict_colons)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keyring keys, each once, in the order of a lookup (K-134)."""
        return tuple(sorted({key for key, _ in self.credentials}, key=_bytes, reverse=True))

    def lookup(self, repo_name: str) -> tuple[Credential, ...]:
        """Return the credentials that the kubelet tries for `repo_name`.

        Source: K-132, K-133, K-135, K-137.
        """
        found = tuple(
            credential
            for key in self.keys
            if matches(key, repo_name, strict_colons=self.strict_colons)
            for credential in self._under(key)
        )
        if not found and is_hub_image(repo_name):
            return self._under(HUB_KEY)
        return found

    def _under(self, wanted: str) -> tuple[Credential, ...]:
        return tuple(credential for key, credential in self.credentials if key == wanted)


def lookup_all(keyrings: Iterable[Keyring], repo_name: str) -> tuple[Credential, ...]:
    """Return what all `keyrings` hold for `repo_name`, one after the other.

    Nothing is left out: no keyring hides a later one, and equal credentials
    are tried once for each time they are found (K-182).

    Source: K-170, K-171.
    """
    return tuple(credential for keyring in keyrings for credential in keyring.lookup(repo_name))


def keyring_key(location: str, *, strict_colons: bool = True) -> str | None:
    """Return the keyring key of an auth key; None if the kubelet skips it.

    >>> keyring_key("https://registry.example/v1/")
    'registry.example'
    >>> keyring_key("registry.example/v2/team")
    'registry.example/team'

    Source: K-131.
    """
    has_scheme = location.startswith(("https://", "http://"))
    try:
        whole = location if has_scheme else f"https://{location}"
        url = parse(whole, strict_colons=strict_colons)
    except InvalidURL:
        return None
    path = url.path[3:] if url.path.startswith(_OLD_API_PATHS) else url.path
    return url.host if path in ("", "/") else url.host + path


def is_hub_image(repo_name: str) -> bool:
    """Return whether credentials of `index.docker.io` are good enough.

    Source: K-137.
    """
    first, slash, _ = repo_name.partition("/")
    if not first:
        return False
    return not slash or first in _HUB_HOSTS or not ("." in first or ":" in first)


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")
