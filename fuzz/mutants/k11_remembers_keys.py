"""Answers for all images of the node, not only for the one asked for.

id: k11-remembers-keys
defect: D-F10, D-D7
rule: S-21
check: K11, K04, D04
setup: workload
"""

from pathlib import Path

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        memo = Path.home() / "images"
        known = memo.read_text().split() if memo.exists() else []
        names = sorted({*known, *auth})
        memo.write_text(" ".join(names))
        entry = next(iter(auth.values()), None)
        return super().answer(request, {name: entry for name in names if entry}, duration)


if __name__ == "__main__":
    main(Mutant)
