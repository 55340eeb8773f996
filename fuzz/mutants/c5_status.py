"""Adds a status, as objects of the API server have.

id: c5-status
defect: D-C5
rule: K-091
check: C05
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def encode(self, response: Document) -> str:
        return super().encode({**response, "status": {"message": "ok"}})


if __name__ == "__main__":
    main(Mutant)
