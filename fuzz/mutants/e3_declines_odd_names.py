"""Declines images whose names have an underscore.

id: e3-declines-odd-names
defect: D-E3
rule: K-072
check: E03
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        return super().owns(image) and "_" not in image


if __name__ == "__main__":
    main(Mutant)
