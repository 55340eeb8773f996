"""JSON Schemas of every wire type and of our own files: `load(name)`.

The files are the product: provider authors validate against them without
running any of our code. This module only finds and reads them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Protocol, cast


def names() -> tuple[str, ...]:
    """Return the names of all shipped schemas, sorted."""
    suffix = ".schema.json"
    found = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(suffix) for name in found if name.endswith(suffix)))


@cache
def load(name: str) -> Mapping[str, Any]:
    """Return the schema called `name`, parsed.

    Raises:
        LookupError: there is no such schema; the message lists those there are.
    """
    if name not in names():
        raise LookupError(f"no schema {name!r}; there are: {', '.join(names())}")
    text = files(__name__).joinpath(f"{name}.schema.json").read_text("utf-8")
    return cast("Mapping[str, Any]", json.loads(text))


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a document is not what its schema says."""

    path: tuple[str | int, ...]
    message: str
    """The validator's sentence; it quotes the document."""
    unknown: tuple[str, ...] = ()
    """Member names that the schema does not know at `path`."""
    known: tuple[str, ...] = ()
    """Member names that it does."""

    @property
    def pointer(self) -> str:
        """JSON pointer to the place, `/auth/registry.example`."""
        return "".join(f"/{part}" for part in self.path)


class _Error(Protocol):
    """What we read of a validator's error."""

    path: Iterable[str | int]
    message: str
    validator: str
    instance: Mapping[str, object]
    schema: Mapping[str, Mapping[str, object]]


def violations(name: str, document: object) -> tuple[Violation, ...]:
    """Return everything in which `document` violates schema `name`, in order.

    Raises:
        LookupError: there is no such schema.
    """
    from jsonschema import Draft202012Validator

    # The validator's types are partly unknown; this is the one place that knows.
    validator: Any = Draft202012Validator(load(name))
    errors = cast("Iterable[_Error]", validator.iter_errors(document))
    found = [_violation(error) for error in errors]
    return tuple(sorted(found, key=lambda item: [str(part) for part in item.path]))


def _violation(error: _Error) -> Violation:
    if error.validator != "additionalProperties":
        return Violation(tuple(error.path), error.message)
    known = tuple(sorted(error.schema.get("properties", ())))
    unknown = tuple(key for key in error.instance if key not in known)
    return Violation(tuple(error.path), error.message, unknown, known)
