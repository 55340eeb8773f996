"""A corpus on the disk: one file per scenario, named by what it does.

    DIR/queue/ID.json       scenarios worth keeping, with what they showed
    DIR/findings/KEY.json   proved failures, as `pullproof replay` takes them
    DIR/flaky/KEY.json      failures that did not come back each time
    DIR/suspects/KEY.json   failures that nobody proved yet
    DIR/state.json          how often a seed was used

Equal scenarios have equal names, so merging is copying and may be repeated.
Files are replaced whole: nobody ever reads half of one.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pullproof.model.errors import Problem, UserError
from pullproof.model.scenario import Scenario, from_json, to_json

_PARTS = ("queue", "findings", "flaky", "suspects")
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Saved:
    """One scenario of a corpus."""

    id: str
    scenario: Scenario
    features: frozenset[int] = frozenset()
    seconds: float = 0.0
    feedback: str = ""
    source: str = ""


def scenario_id(scenario: Scenario) -> str:
    """Return the name of a scenario: what is done decides, and not its label."""
    document = json.dumps(to_json(replace(scenario, label="")), sort_keys=True)
    return hashlib.sha256(document.encode("utf-8", "backslashreplace")).hexdigest()[:16]


class Store:
    """The corpus in one directory."""

    def __init__(self, directory: Path) -> None:
        """Raises: UserError: the directory cannot be made or written."""
        self.directory = directory
        try:
            for part in _PARTS:
                (directory / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = Problem(f"cannot make it: {error.strerror}", str(directory), field="--corpus")
            raise UserError(problem) from None
        if not os.access(directory / "queue", os.W_OK):
            raise UserError(Problem("cannot write there", str(directory), field="--corpus"))

    def scenarios(self) -> Iterator[Saved]:
        """Yield the saved scenarios in the order of their names; what is no
        scenario of ours is passed over."""
        for path in sorted((self.directory / "queue").glob("*.json")):
            found = _read(path)
            if found is not None:
                yield found

    def add(self, saved: Saved) -> bool:
        """Save a scenario; False if it is there already."""
        path = self.directory / "queue" / f"{saved.id}.json"
        if path.exists():
            return False
        write_json(path, {
            "version": _VERSION,
            "feedback": saved.feedback,
            "source": saved.source,
            "seconds": round(saved.seconds, 6),
            "features": sorted(saved.features),
            "scenario": to_json(saved.scenario),
        })  # fmt: skip
        return True

    def remove(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            (self.directory / "queue" / f"{id_}.json").unlink(missing_ok=True)

    def save_case(self, part: str, name: str, document: Mapping[str, Any]) -> Path:
        """Save a case among `findings`, `flaky` or `suspects`; return its path."""
        path = self.directory / part / f"{name}.json"
        write_json(path, document)
        return path

    def drop_suspect(self, name: str) -> None:
        (self.directory / "suspects" / f"{name}.json").unlink(missing_ok=True)

    def cases(self, part: str) -> tuple[Path, ...]:
        return tuple(sorted((self.directory / part).glob("*.json")))

    def generation(self, seed: int, shard: str) -> int:
        """Return how often this seed was used for this shard, and count once more."""
        path = self.directory / "state.json"
        try:
            state: dict[str, int] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            state = {}
        name = f"{seed}/{shard}"
        number = int(state.get(name, 0))
        write_json(path, {**state, name: number + 1})
        return number


def _read(path: Path) -> Saved | None:
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return Saved(
            path.stem,
            from_json(document["scenario"]),
            frozenset(document["features"]),
            float(document["seconds"]),
            str(document["feedback"]),
            str(document["source"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Replace `path` by `document`."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    text = json.dumps(document, indent=2, ensure_ascii=False)
    draft.write_text(text + "\n", "utf-8", errors="backslashreplace")
    draft.replace(path)


def merge(target: Path, sources: Iterable[Path]) -> int:
    """Copy what `sources` have and `target` lacks; return how many files.

    Doing it again copies nothing.

    Raises:
        UserError: a source is no directory, or the target cannot be written.
    """
    store = Store(target)
    copied = 0
    for source in sources:
        if not source.is_dir():
            raise UserError(Problem("no such directory", str(source)))
        for part in _PARTS:
            for path in sorted((source / part).glob("*.json")):
                place = store.directory / part / path.name
                if not place.exists():
                    shutil.copyfile(path, place.with_suffix(".tmp"))
                    place.with_suffix(".tmp").replace(place)
                    copied += 1
    return copied


def minimal(saved: Iterable[Saved]) -> frozenset[str]:
    """Return the ids of a small set that shows every feature all of them show.

    Greedy: the one that adds most comes first, the shorter of two equals.
    What has no features is not needed.
    """
    left: list[tuple[Saved, set[int]]] = [(item, set(item.features)) for item in saved]
    kept: set[str] = set()
    shown: set[int] = set()
    while left := [(item, rest - shown) for item, rest in left if rest - shown]:
        best, rest = min(left, key=_worth)
        kept.add(best.id)
        shown |= rest
    return frozenset(kept)


def _worth(pair: tuple[Saved, set[int]]) -> tuple[int, int, str]:
    item, adds = pair
    return (-len(adds), len(item.scenario.steps), item.id)
