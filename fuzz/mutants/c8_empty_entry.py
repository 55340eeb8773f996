"""Answers an unknown image with an entry of two empty strings.

id: c8-empty-entry
defect: D-C8
rule: K-096
check: C11
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decline(self, request: Document) -> Document:
        nothing = {request["image"]: {"username": "", "password": ""}}
        return self.answer(request, nothing, "0s")


if __name__ == "__main__":
    main(Mutant)
