"""Has the credential cached for, and offered to, a registry nobody asked about.

id: d7-cached-for-others
defect: D-D7
rule: K-109
check: D04
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    cache_key_type = "Global"

    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        for entry in list(auth.values()):
            auth["elsewhere.example"] = entry
        return super().answer(request, auth, duration)


if __name__ == "__main__":
    main(Mutant)
