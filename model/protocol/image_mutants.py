"""Mutants of the image side: owned by it."""

from collections.abc import Mapping
from types import MappingProxyType

from pullproof.model.protocol.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = ()
"""Mutants of several fields, and the known bugs."""

EQUIVALENT: Mapping[str, str] = MappingProxyType({})
"""Automatic mutants that no state tells apart, and why."""
