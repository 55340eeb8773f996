"""Looks at the first part of a registry's name only.

id: e2-first-label
defect: D-E2
rule: S-09
check: E02, E01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        return self.host(image).startswith("registry.")


if __name__ == "__main__":
    main(Mutant)
