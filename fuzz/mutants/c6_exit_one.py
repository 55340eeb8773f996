"""Prints a valid answer and exits with status 1.

id: c6-exit-one
defect: D-C6
rule: K-084
check: C10
setup: workload
"""

import sys

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def steps(self) -> int:
        super().steps()
        print("provider: done", file=sys.stderr)
        return 1


if __name__ == "__main__":
    main(Mutant)
