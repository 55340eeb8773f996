"""Writes cacheDuration as a number of seconds.

id: c4-duration-number
defect: D-C4
rule: K-095
check: C04
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        response = super().answer(request, auth, duration)
        response["cacheDuration"] = int(response["cacheDuration"].removesuffix("s"))
        return response


if __name__ == "__main__":
    main(Mutant)
