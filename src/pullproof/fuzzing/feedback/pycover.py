"""Coverage of Python providers: their own lines and branches.

A `sitecustomize` on PYTHONPATH watches with `sys.monitoring` (Python 3.12 and
newer) or `sys.settrace`. An interpreter that is told not to look (`-I`, `-E`,
`-S`) gives nothing, and then novelty is what there is.
"""

import os
from array import array
from contextlib import suppress
from pathlib import Path

from pullproof.model.transcript import Transcript

SPACE = 3
INJECT = Path(__file__).resolve().parent / "inject"


class PythonCoverage:
    """Feedback of a Python provider; `directory` is ours and stays small."""

    name = "python"

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = str(directory)
        self.env = (("PYTHONPATH", str(INJECT)), ("PULLPROOF_COVER", self._directory))

    def collect(self, transcript: Transcript) -> frozenset[int]:
        numbers: set[int] = set()
        for name in os.listdir(self._directory):
            path = f"{self._directory}/{name}"
            if name.startswith("py."):
                with open(path, "rb") as file:
                    data = file.read()
                found = array("I")
                with suppress(ValueError):  # cut off
                    found.frombytes(data)
                numbers.update(found)
            with suppress(OSError):
                os.unlink(path)
        return frozenset((SPACE << 40) | number for number in numbers)
