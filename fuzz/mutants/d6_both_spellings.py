"""Has a key with a scheme, and another user, beside the one without.

id: d6-both-spellings
defect: D-D6, D-D4
rule: K-131
check: D07
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        more = {f"https://{key}": {**entry, "username": "oauth2"} for key, entry in auth.items()}
        return super().answer(request, {**auth, **more}, duration)


if __name__ == "__main__":
    main(Mutant)
