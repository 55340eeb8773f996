"""Fills the password with the user name.

id: h5-user-as-password
defect: D-H5
rule: S-05
check: K01
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def entry(self, credential: Credential) -> Document:
        return {"username": credential.username, "password": credential.username}


if __name__ == "__main__":
    main(Mutant)
