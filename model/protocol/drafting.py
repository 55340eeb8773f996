"""What one step is about to do, while it is being worked out.

A step reads through its draft, so that it sees its own writes; the `Effect`
at the end holds what really changed.
"""

from collections.abc import Mapping
from typing import Any

from pullproof.model.machine import Effect, Observation, observe


class Draft:
    """The state a step sees, its writes and its observations so far."""

    def __init__(self, view: Mapping[str, Any]) -> None:
        self._view = view
        self._writes: dict[str, Any] = {}
        self._seen: list[Observation] = []

    def __getitem__(self, name: str) -> Any:
        return self._writes[name] if name in self._writes else self._view[name]

    def get(self, name: str, default: Any) -> Any:
        """Return a component, or what stands for it where it is not modelled."""
        if name in self._writes or name in self._view:
            return self[name]
        return default

    def __setitem__(self, name: str, value: Any) -> None:
        self._writes[name] = value

    def saw(self, kind: str, **data: Any) -> None:
        """Add an observation."""
        self._seen.append(observe(kind, **data))

    def effect(self) -> Effect:
        """Return what changed."""
        changed = {
            name: value for name, value in self._writes.items() if value != self._view.get(name)
        }
        return Effect(tuple(sorted(changed.items())), tuple(self._seen))
