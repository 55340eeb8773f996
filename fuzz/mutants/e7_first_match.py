"""Asks for the first registry that matches, of which there may be none.

id: e7-first-match
defect: D-E7, D-I1
rule: S-13
check: E08
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        return bool(next(name for name in self.registries if name == self.host(image)))


if __name__ == "__main__":
    main(Mutant)
