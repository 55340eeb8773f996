"""Takes a registry whose name begins like its own for its own.

id: e2-prefix
defect: D-E2
rule: S-09
check: E02
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        return image.startswith(self.registries)


if __name__ == "__main__":
    main(Mutant)
