"""Prints null when it has nothing to say.

id: c3-null
defect: D-C3
rule: K-090
check: C03
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decline(self, request: Document) -> Document:
        return {}

    def encode(self, response: Document) -> str:
        return super().encode(response) if response else "null"


if __name__ == "__main__":
    main(Mutant)
