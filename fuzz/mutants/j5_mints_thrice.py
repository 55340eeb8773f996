"""Mints three credentials for each request and uses the last.

id: j5-mints-thrice
defect: D-F7
rule: S-71
check: J08
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        return [super(Mutant, self).exchange(token) for _ in range(3)][-1]


if __name__ == "__main__":
    main(Mutant)
