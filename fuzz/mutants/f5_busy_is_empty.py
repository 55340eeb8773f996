"""Answers that there is nothing when the exchange is busy or broken.

id: f5-busy-is-empty
defect: D-F5
rule: S-13
check: F10, F09
setup: workload
"""

from pullproof.fuzz.mutants.base import BadStatus, Document, Provider, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        try:
            return super().decide(request)
        except BadStatus as error:
            if error.status in (429, 500, 502, 503):
                return self.answer(request, {}, "10m")
            raise


if __name__ == "__main__":
    main(Mutant)
