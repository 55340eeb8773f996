"""Takes the node's way when the exchange says that there were too many requests.

id: g1-busy-exchange
defect: D-G1
rule: S-08
check: G04, G05
setup: workload
deep: the exchange answers with status 429 once
"""

from pullproof.fuzz.mutants.base import BadStatus, Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        try:
            return super().exchange(token)
        except BadStatus as error:
            if error.status == 429:
                return self.node()
            raise


if __name__ == "__main__":
    main(Mutant)
