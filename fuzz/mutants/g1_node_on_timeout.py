"""Falls back to the node's credential when the exchange does not answer in time.

id: g1-node-on-timeout
defect: D-G1
rule: S-63
check: G05, I04
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, Unreachable, main


class Mutant(Provider):
    io_timeout_s = 1.0

    def exchange(self, token: str) -> Credential:
        try:
            return super().exchange(token)
        except Unreachable as error:
            if "Timeout" not in str(error):
                raise
            return self.node()


if __name__ == "__main__":
    main(Mutant)
