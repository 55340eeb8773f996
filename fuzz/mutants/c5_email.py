"""Adds an e-mail address to each entry, as docker's file has.

id: c5-email
defect: D-C5
rule: K-091
check: C05
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def entry(self, credential: Credential) -> Document:
        return {**super().entry(credential), "email": "not@val.id"}


if __name__ == "__main__":
    main(Mutant)
