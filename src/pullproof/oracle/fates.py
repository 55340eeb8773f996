"""What became of planted mistakes, and the record of it.

A mistake is known by its id, whatever room it is from: `source` ones change a
line of the model (`mutant_table`), `images` and `lookup` ones a decision of
the protocol machines (`pullproof.model.protocol.mutants`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pullproof.model.protocol.mutant import Mutant
from pullproof.model.protocol.mutants import all_mutants
from pullproof.model.protocol.rules import rules_for
from pullproof.oracle.excuses import EVERYWHERE, EXCUSES, HIDDEN_FIELDS
from pullproof.oracle.mutant_table import MUTANTS
from pullproof.oracle.releases import RELEASES

_SAME = "no mistake: this is what kubelets of this minor do"
ROOMS: Mapping[str, str] = {
    "source": "Lines of the model's source",
    "images": "Decisions of the image side",
    "lookup": "Decisions of the lookup side",
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one mutant."""

    id: str
    minor: int
    date: str
    outcome: str
    """`killed`, `crashed` or `survived`."""
    op: str
    inputs: int
    seconds: float
    example: str
    """The smallest input found on which the two differ, as JSON, or the move that shows it."""

    @property
    def noticed(self) -> bool:
        return self.outcome != "survived"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A planted mistake, as it is shown."""

    room: str
    rule: str
    what: str
    excuses: Mapping[int, str]
    """Why it makes no difference, by minor; `EVERYWHERE` stands for all."""

    def excuse(self, minor: int) -> str:
        return self.excuses.get(minor, "") or self.excuses.get(EVERYWHERE, "")


@cache
def mistakes() -> Mapping[str, Mistake]:
    """Return all planted mistakes by id, room by room."""
    return dict((*_of_source(), *_of_rules()))


def _of_source() -> Iterator[tuple[str, Mistake]]:
    for one in MUTANTS:
        everywhere = {EVERYWHERE: one.survives} if one.survives else {}
        yield one.id, Mistake("source", one.rule, one.what, {**everywhere, **one.hidden})


def _of_rules() -> Iterator[tuple[str, Mistake]]:
    found = all_mutants().values()
    for room, own in (
        ("images", [one for one in found if one.image]),
        ("lookup", [one for one in found if one.lookup]),
    ):
        for one in own:
            same = [minor for minor in RELEASES if one.of(rules_for(minor)) == rules_for(minor)]
            known = dict.fromkeys(same, _SAME) | _of_fields(one) | dict(EXCUSES.get(one.id, {}))
            yield one.id, Mistake(room, one.base, one.prose, known)


def _of_fields(mutant: Mutant) -> dict[int, str]:
    """Return why a mutant of the lookup side cannot be seen where lookups are compared."""
    if mutant.equivalent and mutant.lookup:
        return {EVERYWHERE: mutant.equivalent}
    reasons = [HIDDEN_FIELDS.get(name, "") for name in mutant.lookup]
    return {EVERYWHERE: reasons[0]} if reasons and all(reasons) else {}


def unexpected(fates: Iterable[Fate]) -> list[Fate]:
    """Return those that survived without a reason, or did not in spite of one."""
    known = mistakes()
    return [one for one in fates if one.noticed == bool(known[one.id].excuse(one.minor))]


def read(path: Path) -> list[Fate]:
    """Return the record; nothing if there is no such file."""
    if not path.is_file():
        return []
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return [Fate(**row) for row in rows]


def record(path: Path, fates: Sequence[Fate]) -> None:
    """Put `fates` into the record, each in place of the last one of its mutant and minor."""
    known = {id: place for place, id in enumerate(mistakes())}
    kept = {(one.minor, one.id): one for one in [*read(path), *fates] if one.id in known}
    order = sorted(kept, key=lambda key: (key[0], known[key[1]]))
    path.write_text(json.dumps([asdict(kept[key]) for key in order], indent=1) + "\n", "utf-8")
