"""Writes the reason of a failure to a file only.

id: i2-reason-in-file
defect: D-I2
rule: K-084
check: I02
setup: workload
"""

import tempfile
from pathlib import Path

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def on_refused(self, error: Refused) -> int:
        with (Path(tempfile.gettempdir()) / "provider-error.log").open("a") as log:
            log.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    main(Mutant)
