"""Answers with the key `*`, which matches no name with a dot.

id: d4-star
defect: D-D4
rule: K-043
check: D01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return "*"


if __name__ == "__main__":
    main(Mutant)
