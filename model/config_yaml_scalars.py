"""What a YAML scalar is, by go-yaml version 2: text, number, boolean or null.

Source: K-023; go.yaml.in/yaml/v2, as measured.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from pullproof.model.gojson import JsonBool, JsonNull, JsonNumber, JsonString
from pullproof.model.gojson_strings import decode_utf8

_RESOLVABLE = frozenset({"", "str", "bool", "int", "float", "null", "timestamp"})
_WORDS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), ("bool", "true")),
    **dict.fromkeys(("true", "True", "TRUE"), ("bool", "true")),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), ("bool", "false")),
    **dict.fromkeys(("false", "False", "FALSE"), ("bool", "false")),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), ("null", "")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), ("float", "NaN")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), ("float", "+Inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), ("float", "-Inf")),
    "<<": ("merge", "<<"),
}
_MAY_BE_WORD = frozenset("yYnNtTfFoO~.+-0123456789")
_INTEGER = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_BASES = (16, 2, 8, 10)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_POINT_FLOAT = re.compile(r"\.[0-9]+([eE][-+]?[0-9]+)?")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_NOT_FINITE = ("NaN", "+Inf", "-Inf")


class InvalidYAML(ValueError):
    """The text is no YAML that the kubelet could turn into JSON."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar as it was written."""

    line: int
    """Counted from 1."""
    tag: str
    """Without the usual prefix; "" if there is none."""
    value: str
    plain: bool
    """Written without quotes, so that its look decides what it is."""


def to_json(node: Scalar) -> JsonString | JsonNumber | JsonBool | JsonNull:
    """Return the JSON value that `node` becomes; its `start` is its line.

    Raises:
        InvalidYAML: its tag does not fit, or JSON has no such number.
    """
    kind, text = _resolve(node)
    match kind:
        case "null":
            return JsonNull(node.line)
        case "bool":
            return JsonBool(text == "true", node.line)
        case "int" | "float" if text in _NOT_FINITE:
            raise InvalidYAML(f"json: unsupported value: {text}", node.line)
        case "int" | "float":
            return JsonNumber(text, node.line)
        case "binary":
            return JsonString(_decode_base64(node), node.line)
        case _:
            return JsonString(text, node.line)


def _resolve(node: Scalar) -> tuple[str, str]:
    """Return the kind of a scalar and its value as a text."""
    if not node.tag and not node.plain:
        return "str", node.value
    if node.tag not in _RESOLVABLE:
        return node.tag, node.value
    kind, text = _guess(node) if node.tag != "str" else ("str", node.value)
    if node.tag in ("", kind):
        return kind, text
    if node.tag == "float" and kind == "int":
        return "float", text
    message = f"yaml: cannot decode !!{kind} `{node.value}` as a !!{node.tag}"
    raise InvalidYAML(message, node.line)


def _guess(node: Scalar) -> tuple[str, str]:
    """Return what the look of a scalar says it is."""
    value = node.value
    if value and value[0] not in _MAY_BE_WORD:
        return "str", value
    if value in _WORDS:
        return _WORDS[value]
    if node.tag == "timestamp" and _TIMESTAMP.fullmatch(value):
        return "timestamp", value
    if value[0] == "." and _POINT_FLOAT.fullmatch(value):
        return _float(value)
    if value[0] in "+-0123456789":
        plain = value.replace("_", "")
        return _integer(plain) or (_float(plain) if _FLOAT.fullmatch(plain) else ("str", value))
    return "str", value


def _integer(plain: str) -> tuple[str, str] | None:
    """Return an integer that fits in 64 bits, signed or without a sign."""
    found = _INTEGER.fullmatch(plain)
    if found is None:
        return None
    sign, *groups = found.groups()
    number = next(int(g, b) for g, b in zip(groups, _BASES, strict=True) if g is not None)
    limit = {"": 2**64 - 1, "+": 2**63 - 1, "-": 2**63}[sign]
    return ("int", str(-number if sign == "-" else number)) if number <= limit else None


def _float(plain: str) -> tuple[str, str]:
    number = float(plain)
    if number in (float("inf"), float("-inf")):
        return "str", plain  # out of Go's range, and then it is no number
    return "float", f"{number:g}"


def _decode_base64(node: Scalar) -> str:
    text = node.value.replace("\n", "").replace("\r", "")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        message = "yaml: !!binary value contains invalid base64 data"
        raise InvalidYAML(message, node.line) from None
    return decode_utf8(data)
