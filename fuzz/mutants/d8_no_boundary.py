"""Compares the image with its registries' names without a boundary behind them.

id: d8-no-boundary
defect: D-D8
rule: K-043
check: E02
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        return image.startswith(self.registries)


if __name__ == "__main__":
    main(Mutant)
