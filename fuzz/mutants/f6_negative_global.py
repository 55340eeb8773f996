"""Declines an image for all others, too.

id: f6-negative-global
defect: D-F6
rule: K-109
check: F12
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decline(self, request: Document) -> Document:
        self.cache_key_type = "Global"
        return self.answer(request, {}, "10m")


if __name__ == "__main__":
    main(Mutant)
