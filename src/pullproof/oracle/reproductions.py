"""Small scenarios that show what the kubelet does and nobody promises.

Each is a node, a few moves, and what every release did, recorded from its own
code: `docs/reproductions/images.json`. The model must say the same, with or
without an oracle at hand.

    python -m pullproof.oracle.reproductions     # ask the oracles again
"""

import dataclasses
import json
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pullproof.model.protocol.image_params import ImageParams
from pullproof.model.versions import KubeletVersion
from pullproof.oracle import images
from pullproof.oracle.client import Oracle
from pullproof.oracle.comparison import Context
from pullproof.oracle.images import ImageScenario
from pullproof.oracle.releases import RELEASES

FILE = Path(__file__).resolve().parents[3] / "docs" / "reproductions" / "images.json"
GATES = {
    "KubeletServiceAccountTokenForCredentialProviders": True,
    "KubeletEnsureSecretPulledImages": True,
}


class Reproduction(NamedTuple):
    """One thing that can be seen."""

    id: str
    shows: str
    """What happens in the last moves, in one sentence."""
    scenario: ImageScenario
    recorded: Mapping[str, Any]
    """By release: what its code did, move by move, as JSON has it."""


def read(path: Path = FILE) -> tuple[Reproduction, ...]:
    """Return what is recorded in a file."""
    return tuple(
        Reproduction(
            case["id"],
            case["shows"],
            ImageScenario(_made(ImageParams, case["image"]), tuple(case["moves"])),
            {release: one["saw"] for one in case["recorded"] for release in one["releases"]},
        )
        for case in json.loads(path.read_text("utf-8"))
    )


def write(cases: Sequence[Reproduction], path: Path = FILE) -> None:
    """Write reproductions to a file; fields with their default are left out."""
    path.write_text("[\n" + ",\n".join(map(_text, cases)) + "\n]\n", "utf-8")


def _text(case: Reproduction) -> str:
    """Return a case with one line for each member, and equal releases together."""
    together: dict[str, list[str]] = {}
    for release, saw in case.recorded.items():
        together.setdefault(_line(saw), []).append(release)
    recorded = [f'{{"releases":{_line(names)},\n"saw":{saw}}}' for saw, names in together.items()]
    members = {
        "id": case.id,
        "shows": case.shows,
        "image": _shown(case.scenario.image),
        "moves": case.scenario.moves,
    }
    lines = [f'"{name}":{_line(value)}' for name, value in members.items()]
    lines.append(f'"recorded":[{",".join(recorded)}]')
    return "{" + ",\n".join(lines) + "}"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def by_model(case: Reproduction, minor: int) -> Any:
    """Return what the model says, in the form that is recorded."""
    return plain(images.model(case.scenario, Context(KubeletVersion(minor))))


def by_oracle(case: Reproduction, oracle: Oracle) -> Any:
    """Return what the kubelet's code does, in the form that is recorded."""
    context = Context(KubeletVersion(oracle.minor))
    (answer,) = oracle.ask("images", [images.ask(case.scenario, context)])
    return plain(images.real(case.scenario, answer, context))


def plain(answer: object) -> Any:
    """Return an answer as JSON gives it back; files are the last of each move's three."""
    return json.loads(json.dumps(answer))


def _shown(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_shown(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if not dataclasses.is_dataclass(value):
        return value
    named = [(field, getattr(value, field.name)) for field in dataclasses.fields(value)]
    return {field.name: _shown(found) for field, found in named if found != field.default}


def _made(kind: Any, value: Any) -> Any:
    """Return a value of the type `kind`, read from JSON."""
    if typing.get_origin(kind) is tuple:
        (item, _) = typing.get_args(kind)
        return tuple(_made(item, each) for each in value)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _made(hints[name], found) for name, found in value.items()})
    return value


def main() -> None:
    """Record anew what every oracle does."""
    cases = [case._replace(recorded={}) for case in read()]
    for minor, release in RELEASES.items():
        with Oracle(minor, gates=GATES) as oracle:
            found = [by_oracle(case, oracle) for case in cases]
        cases = [
            case._replace(recorded={**case.recorded, release: one})
            for case, one in zip(cases, found, strict=True)
        ]
    write(cases)


if __name__ == "__main__":
    main()
