"""The strict decoder: which documents are a CredentialProviderResponse.

Names are compared exactly, members that come twice and members nobody knows
are errors at every level, `null` is an absent value. Go reports wrong types
before strict problems; so does this, though the kubelet logs none of them
(they might quote a credential): they are our diagnosis.

Source: K-091, K-095, K-096; compared with apimachinery's strict codec.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from pullproof.model.durations import InvalidDuration, parse_duration
from pullproof.model.gojson import (
    JsonArray,
    JsonNull,
    JsonObject,
    JsonString,
    JsonValue,
    Member,
    type_name,
)

T = TypeVar("T")

RESPONSE_FIELDS = ("kind", "apiVersion", "cacheKeyType", "cacheDuration", "auth")
ENTRY_FIELDS = ("username", "password")
_MAX_SHOWN = 64


class Entry(NamedTuple):
    """One member of `auth`."""

    auth_key: str
    username: str
    password: str


class Decoded(NamedTuple):
    cache_key_type: str
    """Any text; whether it is a known one is asked later (K-093)."""
    cache_duration_ns: int | None
    auth: tuple[Entry, ...]


class UndecodableResponse(ValueError):
    """The strict decoder refuses the document; the message shows no secret."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        first, *others = problems
        super().__init__(f"{first} (and {len(others)} more)" if others else first)
        self.problems = problems


def decode(document: JsonObject, sent_token: str = "") -> Decoded:
    """Return the response in `document`, whose version and kind were peeked.

    Raises:
        UndecodableResponse: the strict decoder would refuse it.
    """
    reader = _Reader()
    top = reader.members(document, RESPONSE_FIELDS, "")
    for name in ("kind", "apiVersion"):  # the strict decoder reads them once more
        reader.string(top.get(name), f'"{name}"')
    cache_key_type = reader.string(top.get("cacheKeyType"), '"cacheKeyType"')
    duration = reader.duration(top.get("cacheDuration"))
    auth = tuple(reader.entries(top.get("auth")))
    if reader.mistakes:
        hide = Hider(document, sent_token)
        raise UndecodableResponse(tuple(mistake.shown(hide) for mistake in reader.sorted()))
    return Decoded(cache_key_type, duration, auth)


class Hider:
    """Shows a text of the document unless it is, or holds, a secret of it."""

    def __init__(self, document: JsonValue, sent_token: str) -> None:
        self._secrets = {text for text in _secrets(document) if text}
        if sent_token:
            self._secrets.add(sent_token)

    def __call__(self, text: str) -> str:
        if any(text == secret or (len(secret) > 3 and secret in text) for secret in self._secrets):
            return f"(hidden, {len(text)} characters)"
        shown = text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"
        return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown) + '"'


def _secrets(document: JsonValue) -> Iterator[str]:
    """Yield every text below the top level, and top-level ones of unknown name."""
    if isinstance(document, JsonObject):
        for member in document.members:
            if isinstance(member.value, JsonString):
                if member.name not in RESPONSE_FIELDS:
                    yield member.value.text
            else:
                yield from _texts(member.value)


def _texts(value: JsonValue) -> Iterator[str]:
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, JsonString):
            yield item.text
        elif isinstance(item, JsonArray):
            todo += item.items
        elif isinstance(item, JsonObject):
            todo += (member.value for member in item.members)


@dataclass(frozen=True, slots=True)
class _Mistake:
    is_strict: bool
    """Unknown or duplicate; Go tells these only if nothing else is wrong."""
    text: str
    """With `{}` where `names` go."""
    names: tuple[str, ...] = ()

    def shown(self, hide: Callable[[str], str]) -> str:
        return self.text.format(*(hide(name) for name in self.names))


@dataclass(slots=True)
class _Reader:
    mistakes: list[_Mistake] = field(default_factory=lambda: list[_Mistake]())

    def sorted(self) -> list[_Mistake]:
        return sorted(self.mistakes, key=lambda mistake: mistake.is_strict)

    def members(
        self, value: JsonObject, known: tuple[str, ...], inside: str, *names: str
    ) -> dict[str, JsonValue]:
        """Return the members of a struct, noting unknown and duplicate ones."""
        seen: dict[str, JsonValue] = {}
        for member in value.members:
            if member.name not in known:
                text = "unknown field {}" + inside + _hint(member.name, known)
                self.mistakes.append(_Mistake(True, text, (member.name, *names)))
            elif member.name in seen:
                text = "duplicate field {}" + inside
                self.mistakes.append(_Mistake(True, text, (member.name, *names)))
            else:
                seen[member.name] = member.value
        return seen

    def string(self, value: JsonValue | None, what: str, *names: str) -> str:
        if isinstance(value, JsonString):
            return value.text
        if value is not None and not isinstance(value, JsonNull):
            self.wrong_type(value, what, "a string", *names)
        return ""

    def duration(self, value: JsonValue | None) -> int | None:
        if value is None or isinstance(value, JsonNull):
            return None
        if not isinstance(value, JsonString):
            self.wrong_type(value, '"cacheDuration"', 'a string such as "10m0s"')
            return None
        try:
            return parse_duration(value.text)
        except InvalidDuration:
            text = '"cacheDuration" {} is no Go duration, such as "10m0s"'
            self.mistakes.append(_Mistake(False, text, (value.text,)))
            return None

    def entries(self, value: JsonValue | None) -> Iterator[Entry]:
        if value is None or isinstance(value, JsonNull):
            return
        if not isinstance(value, JsonObject):
            self.wrong_type(value, '"auth"', "an object")
            return
        seen: set[str] = set()
        for member in value.members:
            if member.name in seen:
                self.mistakes.append(_Mistake(True, "duplicate auth key {}", (member.name,)))
            seen.add(member.name)
            yield self.entry(member)

    def entry(self, member: Member) -> Entry:
        key, value = member.name, member.value
        if isinstance(value, JsonNull):
            return Entry(key, "", "")
        if not isinstance(value, JsonObject):
            self.wrong_type(value, "auth entry {}", "an object", key)
            return Entry(key, "", "")
        found = self.members(value, ENTRY_FIELDS, " in auth entry {}", key)
        username = self.string(found.get("username"), '"username" of auth entry {}', key)
        return Entry(
            key,
            username,
            self.string(found.get("password"), '"password" of auth entry {}', key),
        )

    def wrong_type(self, value: JsonValue, what: str, wanted: str, *names: str) -> None:
        kind = type_name(value)
        self.mistakes.append(_Mistake(False, f"{what} is of type {kind}, not {wanted}", names))


def _hint(name: str, known: tuple[str, ...]) -> str:
    """Return what the misspelt `name` was probably meant to be."""
    plain = name.replace("_", "").replace("-", "").lower()
    near = [field for field in known if field.lower() == plain]
    return f'; the kubelet knows "{near[0]}"' if near else ""
