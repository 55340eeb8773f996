"""Dies without a HOME to keep its settings in.

id: i7-needs-home
defect: D-I7
rule: K-083
check: I07
setup: workload
"""

import os
from pathlib import Path

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def steps(self) -> int:
        (Path(os.environ["HOME"]) / ".provider").mkdir(exist_ok=True)
        return super().steps()


if __name__ == "__main__":
    main(Mutant)
