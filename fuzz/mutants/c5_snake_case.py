"""Writes a field name in snake case.

id: c5-snake-case
defect: D-C5
rule: K-091
check: C05
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        response = super().answer(request, auth, duration)
        response["cache_duration"] = response.pop("cacheDuration")
        return response


if __name__ == "__main__":
    main(Mutant)
