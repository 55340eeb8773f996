"""Answers a failed exchange with an empty success that is cached.

id: f5-cached-failure
defect: D-F5
rule: S-70
check: F09
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        try:
            return super().decide(request)
        except Refused as error:
            self.on_refused(error)
            return self.answer(request, {}, "10m")


if __name__ == "__main__":
    main(Mutant)
