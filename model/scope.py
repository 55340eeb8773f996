"""Registry scopes: `repository:team-a/app:pull`.

A token service grants the *intersection* of what was asked and what is
allowed. Text that does not parse asks for nothing; it never widens a grant.

Source: R-012, R-025 to R-029; section 4.4.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

MAX_SCOPES = 100
"""More than a pull can need; the rest of a longer list is not looked at."""

_TYPE = re.compile(r"[a-z0-9]+(\([a-z0-9]+\))?\Z")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = (
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_NAME = re.compile(rf"(?:{_HOST}(?::[0-9]+)?/)?{_COMPONENT}(?:/{_COMPONENT})*\Z")
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*\Z")
_ACTION = re.compile(r"(?:[a-z]+|\*)\Z")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\Z")
_DIGEST = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+\Z")
_DIGEST_HEX = {"sha256": 64, "sha512": 128}


class InvalidScope(ValueError):
    """The text is not one scope."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One resource and what is to be done with it; actions are a set (R-027)."""

    type: str
    name: str
    actions: tuple[str, ...]
    """Sorted, unique, not empty."""

    def __str__(self) -> str:
        return f"{self.type}:{self.name}:{','.join(self.actions)}"


def pull(repository: str) -> Scope:
    """Return the scope of a pull from `repository`."""
    return Scope("repository", repository, ("pull",))


def is_repository(name: str) -> bool:
    """Return whether `name` is a repository path without a host (R-050)."""
    return _REPOSITORY.match(name) is not None


def is_resource_name(name: str) -> bool:
    """Return whether `name` is a path with or without a host in front (4.4)."""
    return _NAME.match(name) is not None


def is_tag(text: str) -> bool:
    """Return whether `text` is a tag (R-051)."""
    return _TAG.match(text) is not None


def is_digest(text: str) -> bool:
    """Return whether `text` is a digest of a known or unknown algorithm (R-051).

    >>> is_digest("sha256:" + "0" * 64), is_digest("sha256:00")
    (True, False)
    """
    if not _DIGEST.match(text):
        return False
    algorithm, _, encoded = text.partition(":")
    length = _DIGEST_HEX.get(algorithm)
    return length is None or re.fullmatch(rf"[0-9a-f]{{{length}}}", encoded) is not None


def parse_scope(text: str) -> Scope:
    """Return the one scope that `text` is.

    The name may hold a port, so the type ends at the first colon and the
    actions begin after the last one (R-025).

    >>> parse_scope("repository:registry.example:5000/a:push,pull,pull")
    Scope(type='repository', name='registry.example:5000/a', actions=('pull', 'push'))

    Raises:
        InvalidScope: not of this shape.
    """
    kind, _, rest = text.partition(":")
    name, colon, actions = rest.rpartition(":")
    listed = actions.split(",")
    if (
        not colon
        or not _TYPE.match(kind)
        or not _NAME.match(name)
        or not all(_ACTION.match(action) for action in listed)
    ):
        raise InvalidScope("not type:name:actions")
    return Scope(kind.partition("(")[0], name, tuple(sorted(set(listed))))


def parse_scopes(text: str) -> tuple[tuple[Scope, ...], int]:
    """Return the scopes of a space-separated list and how many were dropped.

    Source: R-012, R-029.
    """
    found: list[Scope] = []
    words = [word for word in text.split(" ") if word]
    for word in words[:MAX_SCOPES]:
        try:
            found.append(parse_scope(word))
        except InvalidScope:
            continue
    return tuple(found), len(words) - len(found)


def intersect(requested: Iterable[Scope], permitted: Iterable[Scope]) -> tuple[Scope, ...]:
    """Return what is both requested and permitted, in the order of requests.

    Names are compared exactly. `*` is an action like any other: whoever asks
    for everything where only pull is permitted gets nothing (R-029).

    Source: R-012, R-027, R-035. Holds: S-05.
    """
    allowed: dict[tuple[str, str], set[str]] = {}
    for scope in permitted:
        allowed.setdefault((scope.type, scope.name), set()).update(scope.actions)
    granted: dict[tuple[str, str], set[str]] = {}
    for scope in requested:
        key = (scope.type, scope.name)
        common = allowed.get(key, set()) & set(scope.actions)
        if common:
            granted.setdefault(key, set()).update(common)
    return tuple(Scope(kind, name, tuple(sorted(acts))) for (kind, name), acts in granted.items())


def format_scopes(scopes: Iterable[Scope]) -> str:
    """Return the list form of `scopes`."""
    return " ".join(str(scope) for scope in scopes)
