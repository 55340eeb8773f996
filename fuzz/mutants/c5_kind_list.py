"""States the kind of a list.

id: c5-kind-list
defect: D-C5, D-B2
rule: K-092
check: C08
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def encode(self, response: Document) -> str:
        return super().encode({**response, "kind": "CredentialProviderResponseList"})


if __name__ == "__main__":
    main(Mutant)
