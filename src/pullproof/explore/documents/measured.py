"""What was measured of the mutants and witnesses of a scope: `docs/mutants.json`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pullproof.model.protocol.mutant import Mutant

PATH = Path("docs/mutants.json")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is first reached."""

    configuration: str
    steps: int


@dataclass(frozen=True, slots=True)
class MutantResult:
    """How one wrong implementation fared."""

    id: str
    digest: str
    """Of its definition: an entry whose mutant has changed since is stale."""
    killed_by: str = ""
    """Property; empty: it survived."""
    configuration: str = ""
    """Of the kill; empty for a lost occasion."""
    steps: int | None = None
    states: int = 0
    """Explored in all configurations until it was killed."""
    stop: str = ""
    violated: Mapping[str, int] = field(default_factory=dict[str, int])
    """Every property that the real rules keep and this breaks in the
    configuration of the kill, with the length of its shortest trace."""
    is_whole: bool = True
    """Whether all states of that configuration were looked at for `violated`."""
    lost: tuple[str, ...] = ()
    """Occasions that never come up."""


@dataclass(frozen=True, slots=True)
class PropertyResult:
    """What the real rules show of a property, and who else breaks it."""

    id: str
    witness: Place | None = None
    """Where there is first occasion to break it."""
    broken: Place | None = None
    """Where the real rules break it first (promise-only properties)."""
    sought: Mapping[str, Place] = field(default_factory=dict[str, Place])
    """A mutant that breaks it, where no kill did."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run over a scope."""

    scope: str
    states: Mapping[str, int]
    """Configuration to its distinct states under the real rules."""
    properties: Mapping[str, PropertyResult]
    mutants: Mapping[str, MutantResult]

    def killers(self, property_id: str) -> dict[str, Place]:
        """Return the mutants that break a property, shortest trace first."""
        found = dict(self.properties[property_id].sought) if property_id in self.properties else {}
        for each in self.mutants.values():
            if property_id in each.violated:
                found[each.id] = Place(each.configuration, each.violated[property_id])
        return dict(sorted(found.items(), key=lambda item: item[1].steps))

    def only_by(self, property_id: str) -> list[str]:
        """Return the mutants that break nothing else where they are killed."""
        return [m.id for m in self.mutants.values() if list(m.violated) == [property_id]]

    def losers(self, property_id: str) -> list[str]:
        """Return the mutants under which a possibility never comes up."""
        return [m.id for m in self.mutants.values() if property_id in m.lost]


def digest(mutant: Mutant) -> str:
    """Return a short digest of what a mutant is."""
    told = [mutant.id, mutant.base, mutant.prose, mutant.kind, mutant.equivalent]
    fields = [sorted(mutant.lookup.items()), sorted(mutant.image.items())]
    text = json.dumps([told, fields], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write(measured: Measured, path: Path = PATH) -> None:
    """Write the record, one mutant and one property a line."""
    parts = [
        f' "scope": {json.dumps(measured.scope)}',
        f' "states": {_lines(dict(measured.states))}',
        f' "properties": {_lines({k: asdict(v) for k, v in measured.properties.items()})}',
        f' "mutants": {_lines({k: asdict(v) for k, v in measured.mutants.items()})}',
    ]
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")


def _lines(rows: Mapping[str, Any]) -> str:
    lines = [
        f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in rows.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n }"


def read(path: Path = PATH) -> Measured:
    """Return the record.

    Raises:
        OSError: there is none.
    """
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return Measured(
        document["scope"],
        document["states"],
        {id_: _property(row) for id_, row in document["properties"].items()},
        {id_: _mutant(row) for id_, row in document["mutants"].items()},
    )


def _mutant(row: dict[str, Any]) -> MutantResult:
    row["lost"] = tuple(row["lost"])
    return MutantResult(**row)


def _property(row: Mapping[str, Any]) -> PropertyResult:
    return PropertyResult(
        row["id"],
        _place(row["witness"]),
        _place(row["broken"]),
        {mutant: Place(**place) for mutant, place in row["sought"].items()},
    )


def _place(row: Mapping[str, Any] | None) -> Place | None:
    return None if row is None else Place(row["configuration"], row["steps"])
