"""One configuration file, decoded strictly: bytes in, field values out.

The steps and their order are the kubelet's: JSON or YAML, then apiVersion and
kind, then the fields. A value of the wrong type ends the decoding with one
message; unknown and repeated fields are all reported together.

Source: K-011, K-012, K-022 to K-025.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from pullproof.model.config_problem import ConfigErrors, ConfigProblem, Place
from pullproof.model.config_types import (
    CONFIG_KIND,
    OTHER_KINDS,
    Duration,
    ListOf,
    Scalar,
    Struct,
    Type,
    api_versions,
    config_type,
)
from pullproof.model.config_yaml import Duplicate, InvalidYAML, read_yaml
from pullproof.model.durations import InvalidDuration, parse_duration
from pullproof.model.gojson import (
    InvalidJSON,
    JsonArray,
    JsonBool,
    JsonNull,
    JsonObject,
    JsonString,
    JsonValue,
    scan,
    type_name,
)
from pullproof.model.goquote import quote
from pullproof.model.versions import KubeletVersion

_GO_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_PEEK_TYPE = (
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; '
    'Kind string "json:\\"kind,omitempty\\"" }'
)
_LATE_FIELDS = {
    "tokenAttributes": f"only in kubelet.config.k8s.io/v1, since Kubernetes {KubeletVersion(33)}",
    "cacheType": f"only since Kubernetes {KubeletVersion(34)}",
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """The fields of one file, by their path with indexes."""

    place: Place
    values: Mapping[str, str | bool | int]
    """Texts, booleans, and durations in nanoseconds; absent and null alike
    have no entry."""
    lengths: Mapping[str, int]
    """Of the lists, and 1 for each object that is there."""

    def text(self, path: str) -> str:
        value = self.values.get(path, "")
        assert isinstance(value, str)
        return value

    def texts(self, path: str) -> tuple[str, ...]:
        return tuple(self.text(f"{path}[{i}]") for i in range(self.lengths.get(path, 0)))


def decode_file(file: str, data: bytes, version: KubeletVersion) -> Decoded:
    """Return the fields of `data`, which is JSON or YAML whatever its name.

    Raises:
        ConfigErrors: a kubelet of this `version` cannot decode it.

    Source: K-022 to K-025.
    """
    return _Decoder(file, version).decode(data)


class _Fatal(Exception):
    """Decoding ends here; carries what Go says."""

    def __init__(self, message: str, path: str, line: int | None, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.path, self.line, self.hint = message, path, line, hint


class _Decoder:
    def __init__(self, file: str, version: KubeletVersion) -> None:
        self.file = file
        self.version = version
        self.line_of: Callable[[int], int] = lambda start: start
        self.lines: dict[str, int] = {}
        self.values: dict[str, str | bool | int] = {}
        self.lengths: dict[str, int] = {}
        self.mistake: _Fatal | None = None
        self.strict: dict[str, ConfigProblem] = {}

    def decode(self, data: bytes) -> Decoded:
        try:
            document, duplicates = self._read(data)
            config_version = self._peek(document)
            self._value(document, config_type(config_version, self.version), "", (), "")
            if self.mistake:
                raise self.mistake
        except _Fatal as fatal:
            problem = self._problem(fatal)
            raise ConfigErrors([problem], self._wrapped(fatal.message)) from None
        if duplicates or self.strict:
            raise self._strict_errors(duplicates)
        return Decoded(Place(self.file, self.lines), self.values, self.lengths)

    # Reading: bytes to a tree.

    def _read(self, data: bytes) -> tuple[JsonValue, tuple[Duplicate, ...]]:
        if data.decode("utf-8", "replace").lstrip(_GO_SPACE).startswith("{"):
            return self._read_json(data), ()
        try:
            document = read_yaml(data)
        except InvalidYAML as error:
            raise _Fatal(error.message, "", error.line) from None
        return document.value, document.duplicates

    def _read_json(self, data: bytes) -> JsonValue:
        breaks = [at for at, byte in enumerate(data) if byte == 0x0A]
        self.line_of = lambda start: bisect_right(breaks, start - 1) + 1
        try:
            return scan(data)
        except InvalidJSON as error:
            message = f"couldn't get version/kind; json parse error: {error.message}"
            hint = "what begins with { is read as JSON, not as YAML"
            raise _Fatal(message, "", self.line_of(error.offset), hint) from None

    # Peeking: which type is it?

    def _peek(self, document: JsonValue) -> str:
        """Return the config version, `v1`."""
        meta = self._peek_texts(document)
        group_version, kind = meta["apiVersion"], meta["kind"]
        line = self.lines.get("apiVersion")
        if group_version.count("/") > 1:
            raise _Fatal(f"unexpected GroupVersion string: {group_version}", "apiVersion", line)
        group_version = group_version.removeprefix("/")  # an empty group is none
        if not kind:
            raise _Fatal("Object 'Kind' is missing", "kind", None)
        if not group_version.rpartition("/")[2]:
            raise _Fatal("Object 'apiVersion' is missing", "apiVersion", line)
        if kind in OTHER_KINDS.get(group_version, ()):
            raise _Fatal(f"failed to decode {quote(kind)} (wrong Kind)", "kind", None)
        if kind != CONFIG_KIND or group_version not in api_versions(self.version):
            message = f"no kind {quote(kind)} is registered for version {quote(group_version)}"
            hint = f"expected {CONFIG_KIND} of {' or '.join(api_versions(self.version))}"
            raise _Fatal(message, "apiVersion", line, hint)
        return group_version.rpartition("/")[2]

    def _peek_texts(self, document: JsonValue) -> dict[str, str]:
        """Read the two texts the way Go does when it does not compare case."""
        found = {"apiVersion": "", "kind": ""}
        if isinstance(document, JsonNull):
            return found
        if not isinstance(document, JsonObject):
            raise self._peek_mistake(document, f"Go value of type {_PEEK_TYPE}", "")
        mistakes: list[_Fatal] = []
        for member in document.members:
            name = _fold(member.name)
            if name is None or isinstance(member.value, JsonNull):
                continue
            self.lines[name] = self.line_of(member.start)
            if isinstance(member.value, JsonString):
                found[name] = member.value.text
            else:
                target = f"Go struct field .{name} of type string"
                mistakes.append(self._peek_mistake(member.value, target, name))
        if mistakes:
            raise mistakes[0]
        return found

    def _peek_mistake(self, value: JsonValue, target: str, path: str) -> _Fatal:
        message = (
            "couldn't get version/kind; json parse error: "
            f"json: cannot unmarshal {type_name(value)} into {target}"
        )
        return _Fatal(message, path, self.line_of(value.start))

    # Decoding: the tree to values by path.

    def _value(
        self, value: JsonValue, wanted: Type, struct: str, names: tuple[str, ...], path: str
    ) -> None:
        match value, wanted:
            case JsonNull(), _:
                return
            case JsonString(text), Duration():
                self._duration(text, path)
            case ((JsonString(seen) | JsonBool(seen)), Scalar()) if wanted.json_type == type_name(
                value
            ):
                self.values[path] = seen
            case JsonArray(items), ListOf():
                self.lengths[path] = len(items)
                for index, item in enumerate(items):
                    place = f"{path}[{index}]"
                    self.lines[place] = self.line_of(item.start)
                    self._value(item, wanted.item, struct, names, place)
            case JsonObject(), Struct():
                self._members(value, wanted, names, path)
            case _:
                self._wrong_type(value, wanted, struct, names, path)

    def _members(
        self, value: JsonObject, wanted: Struct, names: tuple[str, ...], path: str
    ) -> None:
        self.lengths[path] = 1
        seen: set[str] = set()
        for member in value.members:
            place = f"{path}.{member.name}" if path else member.name
            line = self.line_of(member.start)
            field = wanted.fields.get(member.name)
            if field is None:
                self._strict(f"unknown field {quote(place)}", place, line, wanted, member.name)
                continue
            if member.name in seen:
                self._strict(f"duplicate field {quote(place)}", place, line)
            seen.add(member.name)
            self.lines[place] = line
            self._value(member.value, field, wanted.name, (*names, member.name), place)

    def _duration(self, text: str, path: str) -> None:
        try:
            self.values[path] = parse_duration(text)
        except InvalidDuration as error:
            raise _Fatal(
                str(error), path, self.lines.get(path), "write it like 12h, 5m or 0s"
            ) from None

    def _wrong_type(
        self, value: JsonValue, wanted: Type, struct: str, names: tuple[str, ...], path: str
    ) -> None:
        message = (
            f"json: cannot unmarshal {type_name(value)} into Go struct field "
            f"{struct}.{'.'.join(names)} of type {wanted.go_type}"
        )
        is_text = wanted.go_type == "string" and type_name(value) in ("number", "bool")
        hint = "put it in quotes" if is_text else ""
        mistake = _Fatal(message, path, self.lines.get(path), hint)
        if isinstance(wanted, Duration):
            raise mistake  # the type reads itself, and its error is final
        self.mistake = self.mistake or mistake

    # Telling what is wrong.

    def _strict(
        self, message: str, path: str, line: int, struct: Struct | None = None, name: str = ""
    ) -> None:
        late = struct is not None and name in _LATE_FIELDS and name not in struct.fields
        rule = "K-024" if late else "K-023"
        hint = _LATE_FIELDS[name] if late else _suggestion(name, struct)
        place = Place(self.file, self.lines)
        whole = f"strict decoding error: {message}"
        self.strict.setdefault(message, place.problem(path, whole, rule, hint, line))

    def _strict_errors(self, duplicates: tuple[Duplicate, ...]) -> ConfigErrors:
        place = Place(self.file, self.lines)
        problems = [
            place.problem(d.path, f"strict decoding error: yaml: {d}", "K-023", line=d.line)
            for d in duplicates
        ]
        messages = list(self.strict)
        if duplicates:
            lines = "".join(f"\n  {duplicate}" for duplicate in duplicates)
            messages.insert(0, f"yaml: unmarshal errors:{lines}")
        problems += self.strict.values()
        whole = f"strict decoding error: {', '.join(messages)}"
        return ConfigErrors(problems, self._wrapped(whole))

    def _problem(self, fatal: _Fatal) -> ConfigProblem:
        place = Place(self.file, self.lines)
        return place.problem(fatal.path, fatal.message, "K-023", fatal.hint, fatal.line)

    def _wrapped(self, message: str) -> str:
        """The kubelet names the file; how, has changed with K-021."""
        file = quote(self.file) if self.version.has_config_directory else self.file
        return f"error decoding config {file}: {message}"


def _fold(name: str) -> str | None:
    folded = name.casefold()
    return {"apiversion": "apiVersion", "kind": "kind"}.get(folded)


def _suggestion(name: str, struct: Struct | None) -> str:
    if struct is None:
        return ""
    by_fold = {known.casefold(): known for known in struct.fields}
    close = get_close_matches(name.casefold(), by_fold, n=1)
    return f"did you mean {by_fold[close[0]]}?" if close else ""
