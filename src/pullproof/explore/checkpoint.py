"""Finished levels in a directory, so that a long run can go on later.

`level-N.npz` holds a level's states (numbers per component), and parent and
event of each; `tables.pickle` the values behind the numbers; `progress.json`,
which is written last, the rest. Unpickling makes objects of `pullproof.model`
and of plain Python only.
"""

import hashlib
import io
import json
import os
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pullproof.explore.engine import Numbers
from pullproof.explore.tables import Tables
from pullproof.model.errors import Problem, UserError
from pullproof.model.machine import Machine

if TYPE_CHECKING:
    from pullproof.explore.idmap import I32, I64

FORMAT = "pullproof-exploration/1"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A search between two levels."""

    level: int
    states: int
    unreduced: int
    terminal: int
    transitions: tuple[int, ...]
    finds: tuple[tuple[int, int, int, int], ...]
    """Property, level, position, event."""


class Checkpoint:
    """One directory, for one machine and one way to explore it."""

    def __init__(self, directory: Path, machine: Machine, tables: Tables) -> None:
        self._directory = directory
        self._tables = tables
        self._machine = fingerprint(machine, tables)

    def keep(
        self, snapshot: Snapshot, columns: Any, parents: Numbers | None, events: Numbers | None
    ) -> None:
        """Write the level that the search has just reached, then the progress."""
        import numpy as np

        self._directory.mkdir(parents=True, exist_ok=True)
        with self._temporary(self._level(snapshot.level)).open("wb") as file:
            made: list[Any] = [
                np.empty(0, np.int64) if each is None else each for each in (parents, events)
            ]
            np.savez(file, columns=columns, parents=made[0], events=made[1])
        self._done(self._level(snapshot.level))
        tables = pickle.dumps([list(values) for values in self._tables.values])
        self._temporary("tables.pickle").write_bytes(tables)
        self._done("tables.pickle")
        document = {"format": FORMAT, "machine": self._machine, **asdict(snapshot)}
        self._temporary("progress.json").write_text(json.dumps(document), "utf-8")
        self._done("progress.json")

    def _temporary(self, name: str) -> Path:
        return self._directory / f"{name}.new"

    def _done(self, name: str) -> None:
        os.replace(self._temporary(name), self._directory / name)

    @staticmethod
    def _level(number: int) -> str:
        return f"level-{number:04}.npz"

    def read(self) -> Snapshot | None:
        """Return the last snapshot and restore the tables; None if there is none.

        Raises:
            UserError: it is of another machine, or cannot be read.
        """
        place = self._directory / "progress.json"
        if not place.exists():
            return None
        try:
            document = json.loads(place.read_text("utf-8"))
            if (document.pop("format"), document.pop("machine")) != (FORMAT, self._machine):
                raise UserError(
                    Problem("the checkpoint is of another machine or version", str(place))
                )
            snapshot = Snapshot(
                document["level"],
                document["states"],
                document["unreduced"],
                document["terminal"],
                tuple(document["transitions"]),
                tuple((p, l, i, e) for p, l, i, e in document["finds"]),
            )
            self._restore_tables((self._directory / "tables.pickle").read_bytes())
        except (OSError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
            raise UserError(Problem(f"cannot read the checkpoint: {error}", str(place))) from None
        return snapshot

    def _restore_tables(self, data: bytes) -> None:
        for component, values in enumerate(_Unpickler(io.BytesIO(data)).load()):
            for number, value in enumerate(values):
                if self._tables.intern(component, value) != number:
                    raise ValueError(f"values of {self._tables.names[component]} changed order")

    def level(self, number: int) -> "tuple[I32, I64, I64]":
        """Return states, parents and events of a level.

        Raises:
            UserError: the file is missing or damaged.
        """
        import numpy as np

        place = self._directory / self._level(number)
        try:
            with np.load(place, allow_pickle=False) as file:
                return file["columns"], file["parents"], file["events"]
        except (OSError, ValueError, KeyError) as error:
            raise UserError(Problem(f"cannot read the checkpoint: {error}", str(place))) from None


def fingerprint(machine: Machine, tables: Tables) -> str:
    """Return what must be equal for a run to go on."""
    parts: list[Any] = [
        machine.name,
        sorted(machine.parameters.items()),
        [component.name for component in machine.components],
        [event.name for event in machine.events],
        [each.id for each in machine.properties],
        len(tables.permutations),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if not module.startswith("pullproof.model."):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a state")
        return super().find_class(module, name)
