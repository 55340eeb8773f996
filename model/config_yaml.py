"""YAML as the kubelet reads it: bytes in, a JSON tree with line numbers out.

The kubelet turns YAML into JSON with sigs.k8s.io/yaml, which is go-yaml
version 2. What that means for a configuration, measured:

* Booleans are those of YAML 1.1: `y`, `yes`, `on`, `no` and their like are no
  strings. Numbers may hold underscores, be octal (`010`, `0o10`) or binary.
  Dates and base-60 numbers are strings.
* Only the first document is read; whatever follows it is ignored.
* A key that comes twice is an error, also when one of them came by `<<`.
* Keys that are numbers or booleans become strings.
* An anchor may be defined again; the last one counts.

Source: K-022, K-023; sigs.k8s.io/yaml 1.6, as measured.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pullproof.model.config_yaml_nodes import (
    MAX_DEPTH,
    Alias,
    Mapping,
    Node,
    Sequence,
    compose,
)
from pullproof.model.config_yaml_scalars import InvalidYAML, Scalar, to_json
from pullproof.model.gojson import (
    JsonArray,
    JsonBool,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
    Member,
)
from pullproof.model.goquote import quote

__all__ = ["Document", "Duplicate", "InvalidYAML", "read_yaml"]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that comes twice in one mapping."""

    line: int
    """Of the second value, counted from 1."""
    key: str
    """As Go prints it."""
    path: str
    """Of the member, with indexes."""

    def __str__(self) -> str:
        return f"line {self.line}: key {self.key} already set in map"


@dataclass(frozen=True, slots=True)
class Document:
    """What the kubelet sees of a YAML text."""

    value: JsonValue
    """Members are sorted by name, because Go's encoder writes maps like that.
    `start` of a value is its line, counted from 1."""
    duplicates: tuple[Duplicate, ...]


def read_yaml(data: bytes) -> Document:
    """Return the first document of `data` as JSON.

    Raises:
        InvalidYAML: the kubelet cannot read it.

    Source: K-022, K-023.
    """
    converter = _Converter()
    value = converter.convert(compose(data), "")
    if converter.null_key is not None:
        raise converter.null_key
    return Document(value, tuple(converter.duplicates))


_Slots = dict[tuple[str, str], tuple[int, JsonValue]]
"""Kind and text of a key -> its line and value."""


class _Converter:
    def __init__(self) -> None:
        self.duplicates: list[Duplicate] = []
        self.null_key: InvalidYAML | None = None
        """Found when all is read and turned into JSON, after every other mistake."""
        self._active: set[int] = set()
        self._aliases = 0
        self._visits = 0
        self._visits_by_alias = 0

    def convert(self, node: Node, path: str) -> JsonValue:
        self._count(node)
        if isinstance(node, Alias):
            return self._through(node, lambda target: self.convert(target, path))
        if isinstance(node, Scalar):
            return to_json(node)
        if len(self._active) > MAX_DEPTH:
            raise InvalidYAML(f"yaml: exceeded max depth of {MAX_DEPTH}", node.line)
        self._active.add(id(node))
        try:
            if isinstance(node, Sequence):
                items = (self.convert(c, f"{path}[{i}]") for i, c in enumerate(node.children))
                return JsonArray(tuple(items), node.line)
            assert isinstance(node, Mapping)
            slots: _Slots = {}
            self._fill(slots, node, path)
            return JsonObject(_sorted_members(slots), node.line)
        finally:
            self._active.discard(id(node))

    def _through(self, alias: Alias, visit: Callable[[Node], JsonValue]) -> JsonValue:
        if id(alias.target) in self._active:
            raise _contains_itself(alias)
        self._aliases += 1
        try:
            return visit(alias.target)
        finally:
            self._aliases -= 1

    def _count(self, node: Node) -> None:
        """Refuse texts that grow without bound, by go-yaml's own measure."""
        self._visits += 1
        self._visits_by_alias += self._aliases > 0
        if self._visits_by_alias <= 100 or self._visits <= 1000:
            return
        if self._visits_by_alias / self._visits > 0.99 or self._visits > 400_000:
            raise InvalidYAML("yaml: document contains excessive aliasing", node.line)

    def _fill(self, slots: _Slots, node: Mapping, path: str) -> None:
        for key, value in zip(node.children[::2], node.children[1::2], strict=True):
            if _is_merge(key):
                self._merge(slots, value, path)
                continue
            kind, text = self._key(key)
            member = f"{path}.{text}" if path else text
            converted = self.convert(value, member)
            if (kind, text) in slots:
                shown = quote(text) if kind == "string" else text
                self.duplicates.append(Duplicate(value.line, shown, member))
            slots[kind, text] = key.line, converted

    def _key(self, node: Node) -> tuple[str, str]:
        key = self.convert(node, "")
        match key:
            case JsonString(text):
                return "string", text
            case JsonNumber(text):
                return "number", text
            case JsonBool(value):
                return "bool", "true" if value else "false"
            case JsonNull():
                message = "unsupported map key of type: %!s(<nil>), key: <nil>"
                self.null_key = self.null_key or InvalidYAML(message, node.line)
                return "null", "null"
            case _:
                raise InvalidYAML("yaml: invalid map key", node.line)

    def _merge(self, slots: _Slots, value: Node, path: str) -> None:
        sources = reversed(value.children) if isinstance(value, Sequence) else [value]
        for source in sources:
            self._count(source)
            target = source.target if isinstance(source, Alias) else source
            if not isinstance(target, Mapping):
                message = "yaml: map merge requires map or sequence of maps as the value"
                raise InvalidYAML(message, source.line)
            if isinstance(source, Alias) and id(target) in self._active:
                raise _contains_itself(source)
            self._active.add(id(target))
            self._aliases += isinstance(source, Alias)
            self._fill(slots, target, path)
            self._aliases -= isinstance(source, Alias)
            self._active.discard(id(target))


def _contains_itself(alias: Alias) -> InvalidYAML:
    return InvalidYAML(f"yaml: anchor '{alias.name}' value contains itself", alias.line)


def _sorted_members(slots: _Slots) -> tuple[Member, ...]:
    by_name = {text: (line, value) for (_, text), (line, value) in slots.items()}
    names = sorted(by_name, key=lambda name: name.encode("utf-8"))
    return tuple(Member(name, by_name[name][1], by_name[name][0]) for name in names)


def _is_merge(key: Node) -> bool:
    return isinstance(key, Scalar) and key.value == "<<" and (key.plain or key.tag == "merge")
