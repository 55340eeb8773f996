"""JSON as Go's encoding/json reads it: bytes in, a tree with places out.

The tree keeps what a dictionary would lose: the order of members, members
that come twice, and where each value stands. What is refused here is what
Go's syntax checker refuses, with the same message.

Numbers keep their text. Nothing recurses, so deep input is Go's to refuse
(at `MAX_DEPTH`) and not Python's.

Source: K-090, K-091; compared with Go 1.26.
"""

import re
from typing import NamedTuple

from pullproof.model.gojson_strings import decode_string, encode_string, quote_byte

__all__ = [
    "MAX_DEPTH", "InvalidJSON", "JsonArray", "JsonBool", "JsonNull", "JsonNumber", "JsonObject",
    "JsonString", "JsonValue", "Member", "encode_string", "scan", "type_name",
]  # fmt: skip

MAX_DEPTH = 10_000


class InvalidJSON(ValueError):
    """Go's syntax checker refuses the input; the message is Go's."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        """Of the byte at fault; the input's length if more was expected."""


class JsonString(NamedTuple):
    text: str
    start: int


class JsonNumber(NamedTuple):
    text: str
    start: int


class JsonBool(NamedTuple):
    value: bool
    start: int


class JsonNull(NamedTuple):
    start: int


class JsonArray(NamedTuple):
    items: "tuple[JsonValue, ...]"
    start: int


class Member(NamedTuple):
    name: str
    value: "JsonValue"
    start: int
    """Where the name's opening quote stands."""


class JsonObject(NamedTuple):
    members: tuple[Member, ...]
    start: int


JsonValue = JsonString | JsonNumber | JsonBool | JsonNull | JsonArray | JsonObject

# Go's word for the kind of a value, in its type errors.
_TYPE_NAMES: dict[type, str] = {
    JsonString: "string",
    JsonNumber: "number",
    JsonBool: "bool",
    JsonNull: "null",
    JsonArray: "array",
    JsonObject: "object",
}
_SPACE = re.compile(rb"[ \t\n\r]*")
_STRING = re.compile(rb'"([^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*)"')
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LITERALS = {0x74: b"true", 0x66: b"false", 0x6E: b"null"}
_HEX = frozenset(b"0123456789abcdefABCDEF")


def scan(data: bytes) -> JsonValue:
    """Return the one JSON value that `data` consists of.

    Raises:
        InvalidJSON: Go's `json.Unmarshal` finds a syntax error.
    """
    return _Scanner(data).document()


def type_name(value: JsonValue) -> str:
    """Return Go's word for what kind of value this is: `number`, `array`, ..."""
    return _TYPE_NAMES[type(value)]


class _Open:
    """A container whose end was not yet seen."""

    __slots__ = ("is_object", "items", "members", "name", "name_start", "start")

    def __init__(self, start: int, is_object: bool) -> None:
        self.start = start
        self.is_object = is_object
        self.items: list[JsonValue] = []
        self.members: list[Member] = []
        self.name = ""
        self.name_start = 0

    def add(self, value: JsonValue) -> None:
        if self.is_object:
            self.members.append(Member(self.name, value, self.name_start))
        else:
            self.items.append(value)

    def closed(self) -> JsonValue:
        if self.is_object:
            return JsonObject(tuple(self.members), self.start)
        return JsonArray(tuple(self.items), self.start)


class _Scanner:
    def __init__(self, data: bytes) -> None:
        # At the end of input Go feeds its state machine one more space, so
        # `tru` is an invalid ' ' and not an early end. A real space does that.
        self.data = data + b" "
        self.at = 0
        self.stack: list[_Open] = []

    def document(self) -> JsonValue:
        self.skip_space()
        while True:
            value = self.begin()
            while value is not None:
                self.skip_space()
                if not self.stack:
                    if self.at < len(self.data):
                        raise self.invalid("after top-level value")
                    return value
                value = self.after(self.stack[-1], value)

    def begin(self) -> JsonValue | None:
        """Read a scalar or an empty container; None if a container was opened."""
        byte = self.peek()
        if byte == 0x22:
            return JsonString(*self.string())
        if byte not in (0x7B, 0x5B):
            return self.literal() if byte in _LITERALS else self.number()
        if len(self.stack) == MAX_DEPTH:
            raise self.invalid("exceeded max depth")
        container = _Open(self.at, is_object=byte == 0x7B)
        self.at += 1
        self.skip_space()
        if self.peek() == byte + 2:  # `]` and `}` are two after `[` and `{`
            self.at += 1
            return container.closed()
        self.stack.append(container)
        if container.is_object:
            self.key(container)
        return None

    def after(self, container: _Open, value: JsonValue) -> JsonValue | None:
        """Take `value` into `container`; return the container if it ends here."""
        container.add(value)
        byte = self.peek()
        if byte == 0x2C:
            self.at += 1
            self.skip_space()
            if container.is_object:
                self.key(container)
            return None
        if byte == (0x7D if container.is_object else 0x5D):
            self.at += 1
            return self.stack.pop().closed()
        raise self.invalid(
            "after object key:value pair" if container.is_object else "after array element"
        )

    def key(self, container: _Open) -> None:
        if self.peek() != 0x22:
            raise self.invalid("looking for beginning of object key string")
        container.name, container.name_start = self.string()
        self.skip_space()
        if self.peek() != 0x3A:
            raise self.invalid("after object key")
        self.at += 1
        self.skip_space()

    def string(self) -> tuple[str, int]:
        start = self.at
        match = _STRING.match(self.data, start)
        if match is None:
            raise self.broken_string()
        self.at = match.end()
        return decode_string(match[1]), start

    def literal(self) -> JsonBool | JsonNull:
        start = self.at
        word = _LITERALS[self.data[start]]
        for expected in word[1:]:
            self.at += 1
            if self.peek() != expected:
                name = word.decode()
                raise self.invalid(f"in literal {name} (expecting {quote_byte(expected)})")
        self.at += 1
        return JsonNull(start) if word == b"null" else JsonBool(word == b"true", start)

    def number(self) -> JsonNumber:
        start = self.at
        match = _NUMBER.match(self.data, start)
        if match is None:
            if self.peek() != 0x2D:
                raise self.invalid("looking for beginning of value")
            self.at += 1
            raise self.invalid("in numeric literal")
        self.at = match.end()
        byte = self.data[self.at]  # there is always the added space
        if byte == 0x2E and match[1] is None and match[2] is None:
            self.at += 1
            raise self.invalid("after decimal point in numeric literal")
        if byte in b"eE" and match[2] is None:
            self.at += 2 if self.data[self.at + 1] in b"+-" else 1
            raise self.invalid("in exponent of numeric literal")
        return JsonNumber(match[0].decode("ascii"), start)

    def broken_string(self) -> InvalidJSON:
        """Find out where the string that begins here goes wrong."""
        self.at += 1
        while self.at < len(self.data):
            byte = self.data[self.at]
            if byte < 0x20:
                return self.invalid("in string literal")
            self.at += 1
            if byte == 0x5C:
                byte = self.peek()
                if byte not in b'"\\/bfnrtu':
                    return self.invalid("in string escape code")
                self.at += 1
                for _ in range(4 if byte == 0x75 else 0):
                    if self.peek() not in _HEX:
                        return self.invalid("in \\u hexadecimal character escape")
                    self.at += 1
        return self.early_end()

    def skip_space(self) -> None:
        if self.at < len(self.data) and self.data[self.at] <= 0x20:  # most often there is none
            match = _SPACE.match(self.data, self.at)
            assert match is not None  # the pattern matches nothing, too
            self.at = match.end()

    def peek(self) -> int:
        """Return the byte at hand.

        Raises:
            InvalidJSON: there is none.
        """
        try:
            return self.data[self.at]
        except IndexError:
            raise self.early_end() from None

    def invalid(self, context: str) -> InvalidJSON:
        byte = quote_byte(self.peek())
        return InvalidJSON(f"invalid character {byte} {context}", self.at)

    def early_end(self) -> InvalidJSON:
        return InvalidJSON("unexpected end of JSON input", len(self.data) - 1)
