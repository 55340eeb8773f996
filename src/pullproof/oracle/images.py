"""Comparison of the image side: EnsureImageExists, pull records, collection.

An input is a configuration of the model's image side and a list of *moves*:
names of the model's events, and a few of our own (`OWN_MOVES`). The moves are
put to the model's machine; each that is possible becomes steps for the
oracle, which does not know the model. So both sides get the same credentials,
the same answers of registry and runtime, and the same files to begin with.

Compared after each move: what the runtime and the keyring were asked, in
order; how the container ended, with its error; the directory of records, file
by file and byte by byte.

Source: K-180 to K-184, K-200 to K-255.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, cast

from pullproof.model.protocol.image_params import ImageParams
from pullproof.model.protocol.image_scene import Scene
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.rules import rules_for
from pullproof.oracle.comparison import Context, JsonMap
from pullproof.oracle.image_steps import content_of
from pullproof.oracle.inherited import LONG_AGO_S
from pullproof.oracle.node_run import Files, NodeRun, Performed, Seen
from pullproof.oracle.records import time_text


class ImageScenario(NamedTuple):
    image: ImageParams
    moves: tuple[str, ...]


# The two sides of the comparison.


@lru_cache(maxsize=512)
def played(value: ImageScenario, minor: int) -> tuple[tuple[Performed, ...], tuple[Files, ...]]:
    """Return what each move comes to under the model's rules, and the files after it."""
    run = NodeRun(value.image, minor)
    performed: list[Performed] = []
    files: list[Files] = []
    for move in value.moves:
        performed.append(run.perform(move))
        files.append(run.files(0))
    return tuple(performed), tuple(files)


def ask(value: ImageScenario, context: Context) -> JsonMap:
    """Return `value` as the oracle reads it."""
    performed, _ = played(value, context.version.minor)
    image = value.image
    scene = Scene(Params("node", context.version.minor, image=image), rules_for(34).image)
    return {
        "gate": image.gate_at(context.version.minor),
        "policy": image.policy,
        "allowlist": list(image.allowlist),
        "contents": [content_of(scene, content) for content in image.contents],
        "steps": [step for one in performed for step in one.steps],
    }


def model(value: ImageScenario, context: Context) -> object:
    """Return what the model sees: per move its events and the files after it."""
    performed, files = played(value, context.version.minor)
    return [
        (move, tuple(one.seen), after)
        for move, one, after in zip(value.moves, performed, files, strict=True)
        if one.steps
    ]


def real(value: ImageScenario, answer: JsonMap, context: Context) -> object:
    """Return what the kubelet's code did, in the same form."""
    if answer.get("error"):
        return str(answer["error"])
    performed, _ = played(value, context.version.minor)
    results = iter(cast("list[JsonMap]", answer["steps"]))
    found: list[object] = []
    files: Files = ()
    for move, one in zip(value.moves, performed, strict=True):
        seen: list[Seen] = []
        for _ in one.steps:
            result = next(results)
            seen.extend(_event(event) for event in result["events"])
            if "files" in result:
                files = _files(result["files"], answer["now"])
        if one.steps:
            found.append((move, tuple(seen), files))
    return found


def _event(event: JsonMap) -> Seen:
    kind, container = event["event"], event.get("container", "")
    match kind:
        case "status" | "lookup":
            return kind, container, event["image"]
        case "pull":
            return kind, container, event["image"], event.get("username", "")
        case "listed":
            return kind, *sorted(event.get("images") or ())
        case "done":
            error = event.get("error", "").partition(":")[0]
            message = event.get("message", "") if error == "ErrImageNeverPull" else ""
            return kind, container, event.get("ref", ""), error, message
        case _:
            return kind, container


_UPDATED = re.compile(r'(?<="lastUpdatedTime":")[^"]+')


def _files(folders: Mapping[str, Mapping[str, str]], began_s: int) -> Files:
    """Return files with the times in them counted from the scenario's start."""

    def shifted(match: re.Match[str]) -> str:
        moment = int(datetime.fromisoformat(match[0]).timestamp())
        return match[0] if moment == LONG_AGO_S else time_text(moment - began_s)

    found = [
        (folder, name, _UPDATED.sub(shifted, text))
        for folder, files in folders.items()
        for name, text in files.items()
    ]
    return tuple(sorted(found))


def has_started(answer: object) -> bool:
    """Return whether some container started or some record was written."""
    if not isinstance(answer, list):
        return False
    moves = cast("list[tuple[str, tuple[Seen, ...], Files]]", answer)
    return any(event[0] == "done" and not event[3] for _, seen, _ in moves for event in seen)


def smaller(value: ImageScenario) -> Iterator[ImageScenario]:
    """Yield scenarios with fewer moves."""
    width = len(value.moves) // 2
    while width:
        for start in range(0, len(value.moves), width):
            moves = value.moves[:start] + value.moves[start + width :]
            yield value._replace(moves=moves)
        width //= 2
