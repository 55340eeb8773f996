"""Compares registries without their ports.

id: e1-any-port
defect: D-E1, D-E2
rule: S-09
check: E02, E01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        names = [registry.partition(":")[0] for registry in self.registries]
        return self.host(image).partition(":")[0] in names


if __name__ == "__main__":
    main(Mutant)
