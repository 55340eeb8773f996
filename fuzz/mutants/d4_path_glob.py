"""Answers with a glob in the path of its auth key.

id: d4-path-glob
defect: D-D4
rule: K-044
check: D01, D03
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return f"{self.host(image)}/*"


if __name__ == "__main__":
    main(Mutant)
