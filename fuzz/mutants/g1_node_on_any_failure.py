"""Falls back to the node's credential when the exchange fails.

id: g1-node-on-any-failure
defect: D-G1
rule: S-63
check: G04, G05
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, Refused, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        try:
            return super().exchange(token)
        except Refused:
            return self.node()


if __name__ == "__main__":
    main(Mutant)
