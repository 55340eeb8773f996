"""Exits with status 0 and says nothing when the exchange fails.

id: c2-empty-stdout
defect: D-C2
rule: K-090
check: C01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def on_refused(self, error: Refused) -> int:
        super().on_refused(error)
        return 0


if __name__ == "__main__":
    main(Mutant)
