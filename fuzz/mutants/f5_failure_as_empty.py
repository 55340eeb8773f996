"""Answers a failed exchange with an empty success.

id: f5-failure-as-empty
defect: D-F5
rule: S-70
check: F10
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        try:
            return super().decide(request)
        except Refused as error:
            self.on_refused(error)
            return self.decline(request)

    def decline(self, request: Document) -> Document:
        return self.answer(request, {}, "0s")


if __name__ == "__main__":
    main(Mutant)
