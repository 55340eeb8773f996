"""Small mistakes in the model, each as a change of one place in its source.

A comparison that cannot tell a mistaken model from the kubelet proves nothing
about the right one. `sensitivity` plants these one at a time and asks the
oracle. Nothing of the model is imported here: a mutant changes a module while
it is loaded.
"""

import importlib.machinery
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from types import ModuleType

MODEL, ORACLE = "pullproof.model.", "pullproof."


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake."""

    id: str
    rule: str
    what: str
    module: str
    """Below `pullproof.model`, or `oracle.…`, where exact texts of records are written."""
    old: str
    """Occurs exactly once in the module."""
    new: str
    ops: tuple[str, ...]
    """The comparisons that can see it, the quickest first."""
    survives: str = ""
    """Why nothing can tell it from the model; empty: something must."""
    hidden: Mapping[int, str] = field(default_factory=dict[int, str])
    """Minors in which it makes no difference, and why."""

    @property
    def module_name(self) -> str:
        prefix = ORACLE if self.module.startswith("oracle.") else MODEL
        return prefix + self.module


class NoSuchPlace(Exception):
    """The model has changed, and the mutant's place is not there once."""


class MutantFinder(MetaPathFinder):
    """Loads one module of the model with a mistake in it. Put it first in
    `sys.meta_path` before the model is imported."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = mutant.module_name
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path)
        if found is None or found.origin is None:
            return None
        loader = _Loader(fullname, found.origin, self._mutant)
        return importlib.util.spec_from_file_location(fullname, found.origin, loader=loader)


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, mutant: Mutant) -> None:
        super().__init__(fullname, path)
        self._mutant = mutant

    def exec_module(self, module: ModuleType) -> None:
        text = changed(self.get_source(self.name) or "", self._mutant)
        exec(compile(text, self.path, "exec"), module.__dict__)  # noqa: S102


def changed(source: str, mutant: Mutant) -> str:
    """Return `source` with the mistake in it.

    Raises:
        NoSuchPlace: what is to be changed does not occur exactly once.
    """
    if source.count(mutant.old) != 1:
        raise NoSuchPlace(f"{mutant.id}: {mutant.module} holds {source.count(mutant.old)} times {mutant.old!r}")  # fmt: skip
    return source.replace(mutant.old, mutant.new)


def plant(mutant: Mutant) -> None:
    """Let this process load the model with `mutant` in it.

    Raises:
        RuntimeError: the module is loaded already, without it.
    """
    if mutant.module_name in sys.modules:
        raise RuntimeError(f"{mutant.module} is loaded already")
    sys.meta_path.insert(0, MutantFinder(mutant))
