"""Has room for 4 KiB of an annotation, and dies of a longer one.

id: a7-long-annotation
defect: D-A7
rule: S-17
check: A12, A11
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        for value in self.annotations(request).values():
            bytearray(4096)[len(value) - 1] = 0
        return super().decide(request)


if __name__ == "__main__":
    main(Mutant)
