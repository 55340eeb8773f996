"""The version peek: which group, version and kind a response says it is.

The kubelet asks this of Go's tolerant decoder before the strict one sees the
bytes: names match in any case, the last of several wins, `null` changes
nothing and unknown members are skipped. Only `apiVersion` and `kind` must be
strings.

Source: K-090; compared with `json.DefaultMetaFactory.Interpret` of apimachinery.
"""

from typing import NamedTuple

from pullproof.model.gojson import JsonNull, JsonObject, JsonString, JsonValue, type_name

# How Go spells the anonymous struct it decodes into; it is part of the log line.
_TARGET = (
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; '
    'Kind string "json:\\"kind,omitempty\\"" }'
)
_FIELDS = {"apiversion": "apiVersion", "kind": "kind"}
# Besides A-Z, two characters fold to an ASCII letter: long s and the Kelvin sign.
_FOLD = str.maketrans("\u017f\u212aABCDEFGHIJKLMNOPQRSTUVWXYZ", "skabcdefghijklmnopqrstuvwxyz")


class InvalidPeek(ValueError):
    """The kubelet cannot tell the version; the message is Go's."""


class Peeked(NamedTuple):
    api_version: str
    """As the kubelet compares and logs it: group and version joined again."""
    kind: str
    written: bool
    """Whether an `apiVersion`, in any case, was there and not null."""


def peek(value: JsonValue) -> Peeked:
    """Return what the document says about itself.

    Raises:
        InvalidPeek: neither an object nor null, a wrong type, or an apiVersion
            with more than one slash.
    """
    found: dict[str, str] = {}
    if isinstance(value, JsonObject):
        _read(value, found)
    elif not isinstance(value, JsonNull):
        kind = type_name(value)
        raise InvalidPeek(f"{_PARSE}json: cannot unmarshal {kind} into Go value of type {_TARGET}")
    api_version = found.get("apiVersion", "")
    return Peeked(_group_version(api_version), found.get("kind", ""), "apiVersion" in found)


_PARSE = "couldn't get version/kind; json parse error: "


def _read(document: JsonObject, found: dict[str, str]) -> None:
    problem = ""
    for name, value, _ in document.members:
        field = _FIELDS.get(name.translate(_FOLD))
        if field is None or isinstance(value, JsonNull):
            continue
        if isinstance(value, JsonString):
            found[field] = value.text
        elif not problem:  # Go goes on reading and reports the first
            problem = (
                f"json: cannot unmarshal {type_name(value)} "
                f"into Go struct field .{field} of type string"
            )
    if problem:
        raise InvalidPeek(_PARSE + problem)


def _group_version(text: str) -> str:
    """Return `text` after it went through apimachinery's GroupVersion."""
    if text == "/":
        return ""
    if text.count("/") > 1:
        raise InvalidPeek(f"unexpected GroupVersion string: {text}")
    return text.removeprefix("/")
