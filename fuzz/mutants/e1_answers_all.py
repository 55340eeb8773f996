"""Answers for every registry it is asked about.

id: e1-answers-all
defect: D-E1
rule: S-09
check: E01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        return True


if __name__ == "__main__":
    main(Mutant)
