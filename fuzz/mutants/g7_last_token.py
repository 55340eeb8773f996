"""Passes on the first token it ever saw, whoever asks.

id: g7-last-token
defect: D-G7, D-G1
rule: S-60
check: K05, K04, K06
setup: passthrough
"""

from pathlib import Path

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def token(self, request: Document) -> str:
        memo = Path.home() / "token"
        if not memo.exists():
            memo.write_text(super().token(request))
        return memo.read_text()


if __name__ == "__main__":
    main(Mutant)
