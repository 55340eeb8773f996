"""Prints its form when the exchange speaks of a conflict.

id: h1-conflict
defect: D-H1
rule: S-12
check: H01
setup: workload
deep: the exchange answers with status 409
"""

from pullproof.fuzz.mutants.base import BadStatus, Credential, Provider, Refused, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        try:
            return super().exchange(token)
        except BadStatus as error:
            if error.status == 409:
                raise Refused(f"{error} for {self.form(token)}") from None
            raise


if __name__ == "__main__":
    main(Mutant)
