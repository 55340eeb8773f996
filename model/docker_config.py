"""Pull secrets: the docker configuration in them, as the kubelet reads it.

Unlike a provider's response it is read by Go's lenient decoder: names in any
case, unknown members ignored, the last of equal members counts.

Source: K-172; pkg/credentialprovider/config.go and secrets of 1.33 to 1.37,
compared with the oracle.
"""

import base64
import re
from collections.abc import Iterator

from pullproof.model.gojson import (
    InvalidJSON,
    JsonNull,
    JsonObject,
    JsonString,
    JsonValue,
    scan,
    type_name,
)
from pullproof.model.response import AuthEntry

# Besides A-Z, two characters fold to an ASCII letter: long s and the Kelvin sign.
_FOLD = str.maketrans("\u017f\u212aABCDEFGHIJKLMNOPQRSTUVWXYZ", "skabcdefghijklmnopqrstuvwxyz")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_ENTRY_FIELDS = ("username", "password", "email", "auth")


class InvalidDockerConfig(ValueError):
    """The kubelet refuses it, and with it every pull that uses it (K-172).

    The message says where and quotes no value.
    """


def read_docker_config(data: bytes, *, wrapped: bool = True) -> tuple[AuthEntry, ...]:
    """Return the entries of a docker configuration, each auth key once.

    Args:
        data: The content of a secret's `.dockerconfigjson` or `.dockercfg`.
        wrapped: It is a `.dockerconfigjson`, whose entries are under `auths`.

    Raises:
        InvalidDockerConfig: Go refuses it.

    Source: K-172.
    """
    try:
        document = scan(data)
    except InvalidJSON as error:
        raise InvalidDockerConfig(f"not JSON at byte {error.offset}") from None
    entries: dict[str, AuthEntry] = {}
    if not wrapped:
        _read_entries(document, entries)
        return tuple(entries.values())
    for name, value in _members(document, "it"):
        match name.translate(_FOLD):
            case "auths":
                if isinstance(value, JsonNull):
                    entries.clear()
                _read_entries(value, entries)
            case "httpheaders":
                for header, text in _members(value, "HttpHeaders"):
                    _text(text, f"HttpHeaders {header!r}")
            case _:
                pass
    return tuple(entries.values())


def _read_entries(value: JsonValue, entries: dict[str, AuthEntry]) -> None:
    for key, entry in _members(value, "auths"):
        entries[key] = _entry(key, entry)


def _entry(key: str, value: JsonValue) -> AuthEntry:
    found: dict[str, str] = {}
    for name, member in _members(value, f"the entry {key!r}"):
        field = name.translate(_FOLD)
        if field in _ENTRY_FIELDS and not isinstance(member, JsonNull):
            found[field] = _text(member, f"{field} of the entry {key!r}")
    username, password = found.get("username", ""), found.get("password", "")
    if found.get("auth"):
        username, password = _decoded(found["auth"], key)
    return AuthEntry(key, username, password)


def _decoded(auth: str, key: str) -> tuple[str, str]:
    problem = f"auth of the entry {key!r} is not the base64 of username:password"
    # Go skips line ends wherever they are, and demands padding if there is any.
    text = auth.replace("\r", "").replace("\n", "")
    if not auth.strip().endswith("="):
        if "=" in text or len(text) % 4 == 1:
            raise InvalidDockerConfig(problem)
        text += "=" * (-len(text) % 4)
    # Python would take more padding than there can be.
    if not _BASE64.fullmatch(text):
        raise InvalidDockerConfig(problem)
    data = base64.b64decode(text)
    username, colon, password = data.decode("utf-8", "surrogateescape").partition(":")
    if not colon:
        raise InvalidDockerConfig(problem)
    return username, password


def _members(value: JsonValue, what: str) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, JsonObject):
        yield from ((member.name, member.value) for member in value.members)
    elif not isinstance(value, JsonNull):
        raise InvalidDockerConfig(f"{what} is of type {type_name(value)}, not an object")


def _text(value: JsonValue, what: str) -> str:
    if isinstance(value, JsonNull):
        return ""
    if not isinstance(value, JsonString):
        raise InvalidDockerConfig(f"{what} is of type {type_name(value)}, not a string")
    return value.text
