"""Answers with another cacheKeyType when it has run before.

id: k11-second-time
defect: D-F10
rule: S-21
check: K11, K04
setup: workload
"""

from pathlib import Path

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        seen = Path.home() / "seen"
        if seen.exists():
            self.cache_key_type = "Registry"
        seen.touch()
        return super().decide(request)


if __name__ == "__main__":
    main(Mutant)
