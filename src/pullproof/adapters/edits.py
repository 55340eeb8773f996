"""Applying a scenario's edits to the bytes of a request.

Edits of members work on an ordered list of them, so that order and duplicates
can be had, and write everything else back byte for byte as the kubelet wrote
it. Edits of bytes need no JSON at all. Which of them a provider must put up
with is not decided here.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pullproof.model.gojson import encode_string
from pullproof.model.scenario import Edit, EditKind

_decoder = json.JSONDecoder()
_SPACE = " \t\n\r"


class InvalidEdit(ValueError):
    """A scenario asks for an edit that cannot be made; our own fault."""

    def __init__(self, edit: Edit, why: str) -> None:
        super().__init__(f"edit {edit.kind} of {edit.path!r}: {why}")
        self.edit = edit


@dataclass(slots=True)
class _Member:
    name: str
    value: "str | _Object"
    """Any value but an object is kept as its JSON text."""


@dataclass(slots=True)
class _Object:
    members: list[_Member]

    def find(self, name: str) -> _Member | None:
        """Return the last member called `name`: the one that Go would take."""
        for member in reversed(self.members):
            if member.name == name:
                return member
        return None


@dataclass(slots=True)
class _Document:
    """A request with whatever stands before and after it."""

    before: str
    root: _Object
    after: str
    pretty: bool = False

    def text(self) -> str:
        body = _pretty(self.root, "") if self.pretty else _compact(self.root)
        return self.before + body + self.after


def apply_edits(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Return `data` changed by `edits`, one after the other.

    An edit of a member that is not there does nothing, except that SET adds it.

    Raises:
        InvalidEdit: a member is to be edited in bytes that are no JSON object,
            or an argument is malformed.
    """
    state: bytes | _Document = data
    for edit in edits:
        if edit.kind in _BYTE_EDITS:
            state = _BYTE_EDITS[edit.kind](_to_bytes(state), edit)
        else:
            state = state if isinstance(state, _Document) else _parse(state, edit)
            _MEMBER_EDITS[edit.kind](state, edit)
    return _to_bytes(state)


# Bytes.


def _to_bytes(state: bytes | _Document) -> bytes:
    if isinstance(state, bytes):
        return state
    return state.text().encode("utf-8", "surrogateescape")


def _literal(edit: Edit) -> bytes:
    """Return the bytes that an escaped latin-1 text stands for."""
    try:
        return edit.arg.encode("latin-1", "backslashreplace").decode("unicode_escape").encode(
            "latin-1"
        )  # fmt: skip
    except UnicodeError:
        raise InvalidEdit(edit, "the argument is no escaped latin-1 text") from None


def _number(edit: Edit) -> int:
    if not edit.arg.isdecimal():
        raise InvalidEdit(edit, "the argument is no number")
    return int(edit.arg)


def _pad(data: bytes, edit: Edit) -> bytes:
    newline = b"\n" if data.endswith(b"\n") else b""
    return data.removesuffix(b"\n") + b" " * _number(edit) + newline


_BYTE_EDITS: dict[EditKind, Callable[[bytes, Edit], bytes]] = {
    EditKind.NO_NEWLINE: lambda data, _: data.removesuffix(b"\n"),
    EditKind.PREPEND: lambda data, edit: _literal(edit) + data,
    EditKind.APPEND: lambda data, edit: data + _literal(edit),
    EditKind.TRUNCATE: lambda data, edit: data[: _number(edit)],
    EditKind.RAW: lambda _, edit: _literal(edit),
    EditKind.PAD: _pad,
}

# Members.


def _place(root: _Object, path: str) -> tuple[_Object, str]:
    """Return the object a path ends in, and the name there.

    Annotation keys have slashes of their own, so a slash separates only where
    what is before it names an object.
    """
    at = root
    name = path
    while at.find(name) is None:
        for cut in (i for i, char in enumerate(name) if char == "/"):
            inner = _object(at.find(name[:cut]))
            if inner is not None:
                at, name = inner, name[cut + 1 :]
                break
        else:
            break
    return at, name


def _object(member: _Member | None) -> _Object | None:
    if member is None:
        return None
    if isinstance(member.value, str) and member.value.lstrip(_SPACE).startswith("{"):
        try:
            member.value = _read(member.value.strip(_SPACE), 0)[0]
        except (ValueError, RecursionError, IndexError):
            return None
    return member.value if isinstance(member.value, _Object) else None


def _set(document: _Document, edit: Edit) -> None:
    at, name = _place(document.root, edit.path)
    member = at.find(name)
    if member is None:
        at.members.append(_Member(name, edit.arg))
    else:
        member.value = edit.arg


def _drop(document: _Document, edit: Edit) -> None:
    at, name = _place(document.root, edit.path)
    at.members = [member for member in at.members if member.name != name]


def _add(document: _Document, edit: Edit) -> None:
    at, name = _place(document.root, edit.path)
    at.members.append(_Member(name, edit.arg))


def _rename(document: _Document, edit: Edit) -> None:
    member = _found(document, edit)
    if member is not None:
        member.name = edit.arg


def _duplicate(document: _Document, edit: Edit) -> None:
    at, name = _place(document.root, edit.path)
    for index, member in enumerate(at.members):
        if member.name == name:
            at.members.insert(index + 1, _Member(name, edit.arg))
            return


def _reverse(document: _Document, edit: Edit) -> None:
    at: _Object | None = document.root
    if edit.path:
        at = _object(_found(document, edit))
    if at is not None:
        at.members.reverse()


def _prettify(document: _Document, edit: Edit) -> None:
    document.pretty = True


def _nest(document: _Document, edit: Edit) -> None:
    depth = _number(edit)
    name = edit.path or "nested"
    # Never parsed again and never recursed into: it may be deeper than Python.
    document.root.members.append(_Member(name, '{"a":' * depth + "1" + "}" * depth))


def _found(document: _Document, edit: Edit) -> _Member | None:
    at, name = _place(document.root, edit.path)
    return at.find(name)


_MEMBER_EDITS: dict[EditKind, Callable[[_Document, Edit], None]] = {
    EditKind.SET: _set,
    EditKind.DROP: _drop,
    EditKind.ADD: _add,
    EditKind.RENAME: _rename,
    EditKind.DUPLICATE: _duplicate,
    EditKind.REVERSE: _reverse,
    EditKind.PRETTY: _prettify,
    EditKind.NEST: _nest,
}

# Reading and writing.


def _parse(data: bytes, edit: Edit) -> _Document:
    text = data.decode("utf-8", "surrogateescape")
    start = len(text) - len(text.lstrip(_SPACE))
    try:
        root, end = _read(text, start)
    except (ValueError, RecursionError, IndexError):
        raise InvalidEdit(edit, "the input is no JSON document any more") from None
    if not isinstance(root, _Object):
        raise InvalidEdit(edit, "the input is no JSON object")
    return _Document(text[:start], root, text[end:])


def _read(text: str, at: int) -> "tuple[str | _Object, int]":
    """Return the value at `at`, and where it ends."""
    if text[at] != "{":
        end = _end(text, at)[1]
        return text[at:end], end
    members: list[_Member] = []
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, at = _end(text, at)
        at = _skip(text, _expect(text, _skip(text, at), ":"))
        value, at = _read(text, at)
        members.append(_Member(str(name), value))
        at = _skip(text, at)
        if text[at] != "}":
            at = _skip(text, _expect(text, at, ","))
    return _Object(members), at + 1


def _end(text: str, at: int) -> tuple[Any, int]:
    return _decoder.raw_decode(text, at)


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in _SPACE:
        at += 1
    return at


def _expect(text: str, at: int, char: str) -> int:
    if text[at] != char:
        raise ValueError(f"no {char!r} at {at}")
    return at + 1


def _compact(value: str | _Object) -> str:
    if isinstance(value, str):
        return value
    body = (f"{encode_string(member.name)}:{_compact(member.value)}" for member in value.members)
    return f"{{{','.join(body)}}}"


def _pretty(value: str | _Object, indent: str) -> str:
    if isinstance(value, str) or not value.members:
        return _compact(value)
    inner = indent + "  "
    lines = (
        f"{inner}{encode_string(member.name)}: {_pretty(member.value, inner)}"
        for member in value.members
    )
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
