"""Dies of an image whose registry is not in its table.

id: e7-unknown-crash
defect: D-E7, D-I1
rule: S-13
check: E08
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        table = dict.fromkeys(self.registries, True)
        return table[self.host(image)]


if __name__ == "__main__":
    main(Mutant)
