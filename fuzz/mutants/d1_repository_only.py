"""Leaves the registry out of the key.

id: d1-repository-only
defect: D-D1, D-D4
rule: K-043
check: D01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return image.partition("/")[2]


if __name__ == "__main__":
    main(Mutant)
