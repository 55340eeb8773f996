"""Leaves a file in TMPDIR at each exec.

id: i7-leaves-a-file
defect: D-I7
rule: S-12
check: I12
setup: workload
"""

import os
import tempfile

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def emit(self, text: str) -> None:
        handle, path = tempfile.mkstemp(prefix="provider-", suffix=".lock")
        os.close(handle)
        self.lock = path
        super().emit(text)


if __name__ == "__main__":
    main(Mutant)
