"""Has room for sixteen characters of password.

id: h5-cut-password
defect: D-H5
rule: S-57
check: K01
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def entry(self, credential: Credential) -> Document:
        return {"username": credential.username, "password": credential.password[:16]}


if __name__ == "__main__":
    main(Mutant)
