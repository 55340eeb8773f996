"""Finds targets by their files, and what belongs to each."""

import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import cast

from pullproof.fuzz.targets.support.json_mutator import Mutator

FOLDER = Path(__file__).resolve().parent.parent
SEEDS = FOLDER.parent / "seeds"
DICTIONARIES = FOLDER.parent / "dictionaries"


@dataclass(frozen=True, slots=True)
class Target:
    """One fuzz target. Its module has `check`, and may have `mutate`, `from_corpus` and `MAX_LEN`."""

    name: str
    module: ModuleType

    @property
    def invariant(self) -> str:
        """The first sentence of its file."""
        return inspect.cleandoc(self.module.__doc__ or "").partition("\n\n")[0]

    @property
    def mutate(self) -> Mutator | None:
        """Its custom mutator; None: the engine's own is good enough."""
        return cast("Mutator | None", getattr(self.module, "mutate", None))

    @property
    def dictionary(self) -> Path:
        """Words that the engine puts in; every target has them."""
        return DICTIONARIES / f"{self.name}.dict"

    @property
    def max_len(self) -> int | None:
        """The most bytes that teach something here; None: whatever the engine likes."""
        return cast("int | None", getattr(self.module, "MAX_LEN", None))

    def check(self, data: bytes) -> None:
        """Hold the invariant against `data`.

        Raises:
            AssertionError: it does not hold.
        """
        self.module.check(data)

    def seeds(self) -> Iterator[bytes]:
        """Yield the committed seeds, sorted by name, then those made of corpus cases."""
        folder = SEEDS / self.name
        if folder.is_dir():
            yield from (path.read_bytes() for path in sorted(folder.iterdir()))
        made = getattr(self.module, "from_corpus", None)
        if made is not None:
            yield from cast("Iterable[bytes]", made())


class UnknownTarget(LookupError):
    """There is no such target; the message lists those there are."""


def names() -> tuple[str, ...]:
    """Return the names of all targets, sorted."""
    found = pkgutil.iter_modules([str(FOLDER)])  # also where there are no files: PyInstaller
    return tuple(sorted(module.name for module in found if not module.ispkg))


def load(name: str) -> Target:
    """Return the target called `name`.

    Raises:
        UnknownTarget: there is none.
    """
    if name not in names():
        raise UnknownTarget(f"no target {name!r}; there are: {', '.join(names())}")
    return Target(name, import_module(f"pullproof.fuzz.targets.{name}"))
