"""A wrong implementation, as the fields of the rules that it gets wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from pullproof.model.protocol.rules import Rules

Kind = Literal["historical", "quirk", "automatic", "combined"]
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Mutant:
    """A named delta to the rules."""

    id: str
    base: str
    """The rule or bug it goes back to."""
    prose: str
    kind: Kind
    lookup: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    """Fields of `LookupRules` and their wrong values."""
    image: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    """Fields of `ImageRules` and their wrong values."""
    equivalent: str = ""
    """Why no state shows it; empty: it must be told apart."""

    def of(self, rules: Rules) -> Rules:
        """Return the rules with this mutant's mistakes."""
        return Rules(replace(rules.lookup, **self.lookup), replace(rules.image, **self.image))
