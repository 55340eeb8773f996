"""States no kind.

id: c5-no-kind
defect: D-C5, D-B2
rule: K-092
check: C08
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def encode(self, response: Document) -> str:
        del response["kind"]
        return super().encode(response)


if __name__ == "__main__":
    main(Mutant)
