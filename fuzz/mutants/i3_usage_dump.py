"""Prints its whole manual with every failure.

id: i3-usage-dump
defect: D-I3
rule: K-084
check: I03
setup: workload
"""

import sys

from pullproof.fuzz.mutants.base import Provider, Refused, main

MANUAL = "Usage:\n" + "\n".join(
    f"  --option-{number:03}  sets option {number} to the value of option {number}"
    for number in range(1, 120)
)


class Mutant(Provider):
    def on_refused(self, error: Refused) -> int:
        print(MANUAL, file=sys.stderr)
        return super().on_refused(error)


if __name__ == "__main__":
    main(Mutant)
