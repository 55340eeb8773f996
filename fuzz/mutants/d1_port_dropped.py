"""Answers with the registry's name without its port.

id: d1-port-dropped
defect: D-D1
rule: K-043
check: D01, D02
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return self.host(image).partition(":")[0]


if __name__ == "__main__":
    main(Mutant)
