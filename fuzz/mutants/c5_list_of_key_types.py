"""Gives a list of key types.

id: c5-list-of-key-types
defect: D-C5, D-C1
rule: K-091
check: C07
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def encode(self, response: Document) -> str:
        return super().encode({**response, "cacheKeyType": [response["cacheKeyType"]]})


if __name__ == "__main__":
    main(Mutant)
