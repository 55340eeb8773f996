"""Uses the last token it saw when there is none in the request.

id: g1-kept-for-nobody
defect: D-G1, D-G3
rule: S-60
check: K08
setup: workload
"""

from pathlib import Path

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def token(self, request: Document) -> str:
        memo = Path.home() / "token"
        if not request.get("serviceAccountToken") and memo.exists():
            return memo.read_text()
        memo.write_text(super().token(request))
        return memo.read_text()


if __name__ == "__main__":
    main(Mutant)
