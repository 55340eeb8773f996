"""Looks for its registry's name anywhere in the image.

id: e2-substring
defect: D-E2
rule: S-09
check: E02
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        return any(name in image for name in self.registries)


if __name__ == "__main__":
    main(Mutant)
