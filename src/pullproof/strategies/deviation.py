"""A value that was valid until one named thing was changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

Document = dict[str, Any]
Change = Callable[[Document], None]
"""Changes one thing of a document in place."""


@dataclass(frozen=True, slots=True)
class Deviation(Generic[T]):
    """The name says what was changed; `value` is the result."""

    name: str
    value: T = field(repr=False)


def deviations(
    valid: "st.SearchStrategy[T]", changes: Mapping[str, Callable[[T], T]]
) -> "st.SearchStrategy[Deviation[T]]":
    """Return deviations from `valid`, each by one of the named `changes`."""

    def changed(name: str, value: T) -> Deviation[T]:
        return Deviation(name, changes[name](value))

    return st.builds(changed, st.sampled_from(sorted(changes)), valid)


def drop(*path: str) -> Change:
    """Return the change that removes the member at `path`."""

    def change(document: Document) -> None:
        del _parent(document, path)[path[-1]]

    return change


def put(value: Any, *path: str) -> Change:
    """Return the change that sets (or adds) the member at `path`."""

    def change(document: Document) -> None:
        _parent(document, path)[path[-1]] = value

    return change


def rename(new: str, *path: str) -> Change:
    """Return the change that calls the member at `path` something else."""

    def change(document: Document) -> None:
        parent = _parent(document, path)
        parent[new] = parent.pop(path[-1])

    return change


def _parent(document: Document, path: tuple[str, ...]) -> Document:
    for name in path[:-1]:
        document = document[name]
    return document
