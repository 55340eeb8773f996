"""Answers with the node's credential although it has a token.

id: g1-node-instead
defect: D-G1
rule: S-63
check: G04
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        return self.node()


if __name__ == "__main__":
    main(Mutant)
