"""Puts the token into the user name beside a good password.

id: h5-token-as-user
defect: D-H5
rule: S-68
check: H06
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        found = super().exchange(token)
        return Credential(token, found.password, found.life_s)


if __name__ == "__main__":
    main(Mutant)
