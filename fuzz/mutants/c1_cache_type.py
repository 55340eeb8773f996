"""Answers with a cacheType of the configuration for its cacheKeyType.

id: c1-cache-type
defect: D-C1
rule: K-093
check: C09
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        response = super().answer(request, auth, duration)
        response["cacheKeyType"] = "ServiceAccount"
        return response


if __name__ == "__main__":
    main(Mutant)
