"""Writes auth as a list of entries.

id: c5-auth-list
defect: D-C5
rule: K-091
check: C07
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        response = super().answer(request, auth, duration)
        response["auth"] = [{"registry": key, **entry} for key, entry in auth.items()]
        return response


if __name__ == "__main__":
    main(Mutant)
