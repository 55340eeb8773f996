"""Answers a request without a token with an empty success.

id: g3-no-token-success
defect: D-G3
rule: S-70
check: G02
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        if not request.get("serviceAccountToken"):
            return self.answer(request, {}, "10m")
        return super().decide(request)


if __name__ == "__main__":
    main(Mutant)
