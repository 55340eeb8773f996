"""Proves the workload at the exchange, and then answers with the node's credential.

id: k2-node-after-exchange
defect: D-G1
rule: S-57
check: K02
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        super().exchange(token)
        return self.node()


if __name__ == "__main__":
    main(Mutant)
