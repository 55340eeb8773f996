"""Offers the credential to a registry nobody asked about, too.

id: d7-sibling-keys
defect: D-D7
rule: S-59
check: D07
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        for entry in list(auth.values()):
            auth["registry.elsewhere.example"] = entry
        return super().answer(request, auth, duration)


if __name__ == "__main__":
    main(Mutant)
