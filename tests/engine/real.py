"""Settings for `tiny_provider.py`, for tests with real processes."""

import sys
from pathlib import Path

PROVIDER = Path(__file__).with_name("tiny_provider.py")

TEXT = """
[provider]
command = [{python!r}, "-I", "-S", {provider!r}{fault}]
match-images = ["registry.example", "elsewhere.example"]
default-cache-duration = "0s"

[run]
identity = "node"

[images]
served = ["registry.example/team-a/app"]
declined = ["elsewhere.example/foo/bar"]
"""


def write_settings(folder: Path, fault: str = "") -> Path:
    """Write `pullproof.toml` for the tiny provider with `fault`; return its path."""
    words = f', "--fault", {fault!r}' if fault else ""
    path = folder / "pullproof.toml"
    path.write_text(TEXT.format(python=sys.executable, provider=str(PROVIDER), fault=words))
    return path
