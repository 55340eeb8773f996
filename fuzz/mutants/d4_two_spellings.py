"""Writes one key in two spellings, with different credentials.

id: d4-two-spellings
defect: D-D4
rule: K-131
check: D07
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        for key, entry in list(auth.items()):
            auth[f"https://{key}"] = {**entry, "username": "other"}
        return super().answer(request, auth, duration)


if __name__ == "__main__":
    main(Mutant)
