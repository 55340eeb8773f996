"""Prints {} and exits with status 0 when the exchange fails.

id: c3-empty-object
defect: D-C3
rule: K-090
check: C03
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def on_refused(self, error: Refused) -> int:
        super().on_refused(error)
        self.emit("{}\n")
        return 0


if __name__ == "__main__":
    main(Mutant)
