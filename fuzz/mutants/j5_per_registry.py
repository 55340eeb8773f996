"""Mints a credential for each of its registries.

id: j5-per-registry
defect: D-J1, D-F4
rule: S-20
check: J08
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        return [super(Mutant, self).exchange(token) for _ in self.registries][-1]


if __name__ == "__main__":
    main(Mutant)
