"""Sets no cacheKeyType when it has no credential.

id: c1-missing-when-empty
defect: D-C1
rule: K-093
check: C09
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decline(self, request: Document) -> Document:
        response = super().decline(request)
        del response["cacheKeyType"]
        return response


if __name__ == "__main__":
    main(Mutant)
