"""Build the wheel from the checkout, install it in a fresh environment and use it."""

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    "model": "pullproof/model",
    "schemas": "pullproof/schemas",
    "corpus": "pullproof/corpus",
    "fuzz": "pullproof/fuzz",
    "oracle": "pullproof/oracle/go",
    "src/pullproof/fuzzing": "pullproof/fuzzing",
}
"""Folder of the checkout to its place in the wheel."""


def main() -> int:
    with tempfile.TemporaryDirectory() as place:
        target = Path(place)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
        subprocess.run([*pip, "wheel", "--no-deps", "-w", place, str(ROOT)], check=True)
        (wheel,) = target.glob("pullproof-*.whl")
        names = zipfile.ZipFile(wheel).namelist()
        tops = {name.partition("/")[0] for name in names}
        stray = {top for top in tops if top != "pullproof" and not top.endswith(".dist-info")}
        missing = [
            name
            for room, place_in_wheel in ROOMS.items()
            for path in (ROOT / room).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
            for name in [f"{place_in_wheel}/{path.relative_to(ROOT / room)}"]
            if name not in names
        ]
        if stray or missing:
            print("stray in the wheel:", sorted(stray), "missing:", missing[:10], file=sys.stderr)
            return 1
        venv.create(target / "v", with_pip=True)
        python = str(target / "v" / "bin" / "python")
        subprocess.run(
            [python, "-m", "pip", "-q", "--disable-pip-version-check", "install", str(wheel)],
            check=True,
        )
        tool = str(target / "v" / "bin" / "pullproof")
        shown = subprocess.run(
            [tool, "rules", "K-093"], check=True, capture_output=True, text=True, cwd=place
        )
        if "cacheKeyType" not in shown.stdout:
            print("the installed tool does not know its rules", file=sys.stderr)
            return 1
        print(f"{wheel.name}: {len(names)} files, installed and run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
