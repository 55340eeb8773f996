"""The record of what was compared, and docs/fidelity.md made of it."""

import json
from collections.abc import Mapping
from pathlib import Path


def record(
    path: Path, minor: int, seed: int, ops: Mapping[str, tuple[int, int, dict[str, int]]]
) -> None:
    path.write_text(json.dumps({}))
