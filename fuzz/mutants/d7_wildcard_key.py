"""Answers with a wildcard that matches other operators' registries.

id: d7-wildcard-key
defect: D-D7
rule: S-59
check: D05
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return "*." + self.host(image).partition(".")[2]


if __name__ == "__main__":
    main(Mutant)
