"""Sets cacheKeyType to null when it has no credential.

id: c1-null-when-empty
defect: D-C1
rule: K-093
check: C09
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decline(self, request: Document) -> Document:
        return {**super().decline(request), "cacheKeyType": None}


if __name__ == "__main__":
    main(Mutant)
