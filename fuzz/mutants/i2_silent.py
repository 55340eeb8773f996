"""Fails without a word.

id: i2-silent
defect: D-I2
rule: K-084
check: I02
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def on_refused(self, error: Refused) -> int:
        return 1


if __name__ == "__main__":
    main(Mutant)
