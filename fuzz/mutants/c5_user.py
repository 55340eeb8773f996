"""Calls the user name `user`.

id: c5-user
defect: D-C5
rule: K-091
check: C05
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def entry(self, credential: Credential) -> Document:
        return {"user": credential.username, "password": credential.password}


if __name__ == "__main__":
    main(Mutant)
