"""JSON Schemas of every wire type and of our own files: `load(name)`.

The files are the product: provider authors validate against them without
running any of our code. This module only finds and reads them.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast


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
