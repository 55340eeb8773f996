"""Reports every refusal as an uncaught exception.

id: i1-traceback
defect: D-I1
rule: S-17
check: I01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def on_refused(self, error: Refused) -> int:
        raise error


if __name__ == "__main__":
    main(Mutant)
