"""Adds metadata, as other Kubernetes objects have.

id: c5-metadata
defect: D-C5
rule: K-091
check: C05
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        response = super().answer(request, auth, duration)
        response["metadata"] = {"name": "provider"}
        return response


if __name__ == "__main__":
    main(Mutant)
