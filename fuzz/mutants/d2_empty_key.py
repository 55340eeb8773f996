"""Answers with an empty auth key.

id: d2-empty-key
defect: D-D2
rule: K-135
check: D01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return ""


if __name__ == "__main__":
    main(Mutant)
