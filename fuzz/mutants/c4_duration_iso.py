"""Writes cacheDuration as ISO 8601 has it.

id: c4-duration-iso
defect: D-C4
rule: K-095
check: C04
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        response = super().answer(request, auth, duration)
        response["cacheDuration"] = "PT10M"
        return response


if __name__ == "__main__":
    main(Mutant)
