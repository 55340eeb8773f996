"""Falls back to the node's credential when the token is no JWT.

id: g1-malformed
defect: D-G1
rule: S-63
check: G15
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        return super().exchange(token) if token.count(".") == 2 else self.node()


if __name__ == "__main__":
    main(Mutant)
