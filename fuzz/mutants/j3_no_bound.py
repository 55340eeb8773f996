"""Reads a reply of any size.

id: j3-no-bound
defect: D-J3
rule: S-71
check: J07
setup: workload
"""

import sys

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def reply_limit(self) -> int:
        return sys.maxsize - 1


if __name__ == "__main__":
    main(Mutant)
