"""Exits with status 0 and no answer when another run holds its lock.

id: i6-lock-says-nothing
defect: D-I6
rule: K-122
check: I06, C01
setup: workload
"""

import os
import tempfile
import time
from pathlib import Path

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def steps(self) -> int:
        lock = Path(tempfile.gettempdir()) / "provider.lock"
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return 0
        try:
            time.sleep(0.3)
            return super().steps()
        finally:
            lock.unlink()


if __name__ == "__main__":
    main(Mutant)
