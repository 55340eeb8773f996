"""The examples of docs/strategies.md run as they stand, and it names all there is."""

import re
import types
from pathlib import Path

import pytest

from pullproof import strategies

PAGE = Path(__file__).resolve().parents[2] / "docs" / "strategies.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
GENERATORS = {
    name
    for name in strategies.__all__
    if name.startswith(("boundary_", "deviant_"))
    or name in ("images", "requests", "responses", "configs", "token_claims", "worlds")
}


@pytest.mark.parametrize("source", EXAMPLES)
def test_an_example_runs(source: str, tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text(source, "utf-8")
    module = types.ModuleType("example")
    module.__file__ = str(path)
    exec(compile(source, str(path), "exec"), vars(module))  # noqa: S102 - our own page
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_page_and_docstring_name_every_generator(name: str) -> None:
    assert f"{name}(" in PAGE.read_text("utf-8")
    assert f"{name}(" in (strategies.__doc__ or "")
