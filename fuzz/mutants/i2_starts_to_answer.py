"""Begins to print the response before it knows whether there is one.

id: i2-starts-to-answer
defect: D-I2, D-C6
rule: S-13
check: I11
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        self.emit("{")
        return super().decide(request)

    def encode(self, response: Document) -> str:
        return super().encode(response)[1:]


if __name__ == "__main__":
    main(Mutant)
