"""Fills the user name with the password and the password with the user name.

id: h5-swapped
defect: D-H5
rule: S-68
check: H06
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def entry(self, credential: Credential) -> Document:
        return {"username": credential.password, "password": credential.username}


if __name__ == "__main__":
    main(Mutant)
