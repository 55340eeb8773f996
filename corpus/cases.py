"""Cases as data, read from the files beside this module: `cases(group)`.

A group is one JSON file: `corpus/wire/responses.json` holds the group
`wire/responses`. What `input` and `expect` contain is the group's own business
and is told in its `about`; everything around them is the same for all groups.

Bytes in a case are written as a JSON text (taken as UTF-8) or, where a text
could not say it, as an object with one member: `base64`, `repeat` (a text and
a count), `concat` (a list of such values) or `file` (beside the group's file).
`to_bytes` and `Case.input_bytes` read all of these.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, cast

from pullproof.model.errors import PullproofError
from pullproof.model.versions import KubeletVersion


class CorruptCorpus(PullproofError):
    """A corpus file is not what its schema or its neighbours say."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Case:
    """One input and what the kubelet makes of it."""

    id: str
    """Unique in the whole corpus; begins with the rule: `K-091-unknown-field`."""
    group: str
    rule: str
    """The rule that decides."""
    why: str
    """One sentence: why the verdict is what it is."""
    source: str
    """Where the expectation comes from (rule table, upstream test, fuzzer run)."""
    input: Mapping[str, Any]
    expect: Mapping[str, Any]
    made_by: str = ""
    """Program and version that computed the expectation; empty if by hand."""
    since: int | None = None
    """First Kubernetes minor with this verdict; None: all."""
    until: int | None = None
    """Last Kubernetes minor with this verdict; None: still so."""

    def input_bytes(self, name: str) -> bytes:
        """Return the input member `name` as bytes (empty if it is absent)."""
        return to_bytes(self.input.get(name, ""), self.group)

    def applies_to(self, version: KubeletVersion) -> bool:
        """Return whether the verdict is that of a kubelet of this `version`."""
        return (self.since or 0) <= version.minor <= (self.until or version.minor)


def to_bytes(value: Any, group: str = "") -> bytes:
    """Return the bytes that `value` of a case stands for.

    >>> to_bytes({"concat": ["{", {"repeat": ["[", 3]}, {"base64": "/w=="}]})
    b'{[[[\\xff'

    Raises:
        CorruptCorpus: `value` is none of the forms this module's text lists.
    """
    if isinstance(value, str):
        return value.encode("utf-8")
    match value:
        case {"base64": str(text)}:
            return base64.b64decode(text, validate=True)
        case {"repeat": [str(text), int(count)]}:
            return text.encode("utf-8") * count
        case {"concat": [*parts]}:
            return b"".join(to_bytes(part, group) for part in parts)
        case {"file": str(name)}:
            return _folder(group).joinpath(name).read_bytes()
        case _:
            raise CorruptCorpus(group or "corpus", f"no bytes: {value!r}")


def groups(area: str = "") -> tuple[str, ...]:
    """Return the names of all groups, or of those of one `area`, sorted."""
    found: list[str] = []
    for folder in files("pullproof.corpus").iterdir():
        if folder.is_dir() and not folder.name.startswith(("_", ".")):
            found += (
                f"{folder.name}/{entry.name.removesuffix('.json')}"
                for entry in folder.iterdir()
                if entry.name.endswith(".json")
            )
    return tuple(sorted(name for name in found if not area or name.startswith(f"{area}/")))


@cache
def document(group: str) -> Mapping[str, Any]:
    """Return the whole file of `group`, parsed.

    Raises:
        LookupError: there is no such group; the message lists those there are.
        CorruptCorpus: the file is not JSON.
    """
    if group not in groups():
        raise LookupError(f"no group {group!r}; there are: {', '.join(groups())}")
    text = group_file(group).read_text("utf-8")
    try:
        return cast("Mapping[str, Any]", json.loads(text))
    except ValueError as problem:
        raise CorruptCorpus(group, str(problem)) from None


@cache
def cases(group: str) -> tuple[Case, ...]:
    """Return the cases of `group` in the order of its file.

    Raises:
        LookupError: there is no such group; the message lists those there are.
        CorruptCorpus: a case lacks a member or has one too many.
    """
    whole = document(group)
    common = {"source": whole.get("source", ""), "made_by": whole.get("made_by", "")}
    return tuple(_case(group, {**common, **item}) for item in whole["cases"])


def all_cases() -> tuple[Case, ...]:
    """Return every case of every group."""
    return tuple(case for group in groups() for case in cases(group))


def group_file(group: str) -> Traversable:
    """Return the file that holds `group`."""
    return _folder(group).joinpath(f"{group.partition('/')[2]}.json")


def _folder(group: str) -> Traversable:
    return files("pullproof.corpus").joinpath(group.partition("/")[0])


def _case(group: str, members: dict[str, Any]) -> Case:
    try:
        return Case(group=group, **members)
    except TypeError as problem:
        raise CorruptCorpus(f"{group}: {members.get('id', '?')}", str(problem)) from None
