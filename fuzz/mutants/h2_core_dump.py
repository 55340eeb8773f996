"""Ends with a core file of its memory when something is wrong.

id: h2-core-dump
defect: D-H2, D-I1
rule: S-12
check: H11, I01
setup: workload
"""

import os

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def on_refused(self, error: Refused) -> int:
        super().on_refused(error)
        os.abort()


if __name__ == "__main__":
    main(Mutant)
