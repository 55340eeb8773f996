"""Writes a field twice.

id: c5-field-twice
defect: D-C5
rule: K-091
check: C06
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def encode(self, response: Document) -> str:
        return super().encode(response).replace("{", '{"cacheKeyType": "Image", ', 1)


if __name__ == "__main__":
    main(Mutant)
