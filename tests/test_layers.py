"""The import arrows between rooms, kept true (ARCHITECTURE.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "model": {"model"},
    "schemas": {"schemas"},
    "corpus": {"corpus", "model", "schemas"},
    "strategies": {"strategies", "model", "schemas", "corpus", "checks", "explore"},
    "checks": {"checks", "model", "schemas"},
    "adapters": {"adapters", "model"},
    "explore": {"explore", "model"},
    "report": {"report", "model", "schemas", "corpus", "checks", "engine"},
    "oracle": {"oracle", "model", "schemas", "corpus", "strategies", "adapters"},
    "engine": {
        "engine",
        "model",
        "schemas",
        "corpus",
        "strategies",
        "checks",
        "adapters",
        "report",
    },
    "fuzzing": {
        "fuzzing",
        "model",
        "schemas",
        "corpus",
        "strategies",
        "checks",
        "adapters",
        "engine",
        "report",
    },
    "fuzz": {
        "fuzz",
        "model",
        "schemas",
        "corpus",
        "strategies",
        "checks",
        "adapters",
        "engine",
        "report",
    },
}
IMPURE = {
    "asyncio", "atheris", "hypothesis", "io", "os", "pathlib", "pytest", "random", "secrets",
    "select", "shutil", "signal", "socket", "subprocess", "tempfile", "threading", "time",
    "urllib.request",
}  # fmt: skip


def files_of(room: str) -> list[Path]:
    at_root = ROOT / room
    folder = at_root if at_root.is_dir() else ROOT / "src" / "pullproof" / room
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {path}"
            yield node.module or ""


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_what_its_arrows_allow(room: str) -> None:
    files = files_of(room)
    assert files, f"room {room} is empty"
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imports_of(path)
        if name.startswith("pullproof.") and name.split(".")[1] not in MAY_IMPORT[room]
    ]
    assert not wrong, "\n".join(wrong)


def test_the_model_touches_nothing_outside_itself() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files_of("model")
        for name in imports_of(path)
        if name in IMPURE or name.split(".")[0] in IMPURE
    ]
    assert not wrong, "\n".join(wrong)


def test_the_links_show_the_root_rooms() -> None:
    for room in ("model", "schemas", "corpus", "fuzz"):
        link = ROOT / "src" / "pullproof" / room
        assert link.resolve() == ROOT / room, f"{link} does not lead to {room}/"


@pytest.mark.parametrize("planted", ["import time", "from pullproof.adapters import world"])
def test_a_planted_upward_or_impure_import_is_seen(planted: str, tmp_path: Path) -> None:
    source = tmp_path / "planted.py"
    source.write_text(planted)
    (name,) = imports_of(source)
    upward = name.startswith("pullproof.") and name.split(".")[1] not in MAY_IMPORT["model"]
    assert upward or name in IMPURE
