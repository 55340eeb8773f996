"""Has a status of its own for images it knows by a mirror's key.

id: c6-declines-with-three
defect: D-C6
rule: K-084
check: C10
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def steps(self) -> int:
        super().steps()
        return 3


if __name__ == "__main__":
    main(Mutant)
