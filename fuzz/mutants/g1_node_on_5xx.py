"""Falls back to the node's credential when the exchange has an outage.

id: g1-node-on-5xx
defect: D-G1
rule: S-63
check: G05, F10
setup: workload
"""

from pullproof.fuzz.mutants.base import BadStatus, Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        try:
            return super().exchange(token)
        except BadStatus as error:
            if error.status < 500:
                raise
            return self.node()


if __name__ == "__main__":
    main(Mutant)
