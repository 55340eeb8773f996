"""Drops what is not ASCII from the password.

id: a4-ascii-only
defect: D-A4, D-H5
rule: K-090
check: A04
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def entry(self, credential: Credential) -> Document:
        password = credential.password.encode("ascii", "ignore").decode()
        return {"username": credential.username, "password": password}


if __name__ == "__main__":
    main(Mutant)
