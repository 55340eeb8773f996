"""Falls back to the node's credential when the exchange does not answer.

id: g1-node-on-timeout
defect: D-G1
rule: S-63
check: G01
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, Unreachable, main


class Mutant(Provider):
    io_timeout_s = 1.0

    def exchange(self, token: str) -> Credential:
        try:
            return super().exchange(token)
        except Unreachable:
            return self.node()


if __name__ == "__main__":
    main(Mutant)
