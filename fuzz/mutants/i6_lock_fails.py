"""Fails when another run holds its lock.

id: i6-lock-fails
defect: D-I6
rule: K-122
check: I06
setup: workload
"""

import os
import tempfile
import time
from pathlib import Path

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def steps(self) -> int:
        lock = Path(tempfile.gettempdir()) / "provider.lock"
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            raise Refused("another run is in progress") from None
        try:
            time.sleep(0.3)
            return super().steps()
        finally:
            lock.unlink()


if __name__ == "__main__":
    main(Mutant)
