"""Has everything cached for the registry, nothing too.

id: f6-registry-by-default
defect: D-F6
rule: K-109
check: F11, F12
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    cache_key_type = "Registry"

    def decline(self, request: Document) -> Document:
        return self.answer(request, {}, "1h")


if __name__ == "__main__":
    main(Mutant)
