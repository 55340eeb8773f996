"""Answers with an auth key in capital letters.

id: d4-capital-letters
defect: D-D4
rule: K-043
check: D01, D03
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return image.upper()


if __name__ == "__main__":
    main(Mutant)
