"""Answers a request without a token with what it got for the last one.

id: k8-memo-without-token
defect: D-G1, D-G3
rule: S-60
check: K08
setup: workload
"""

import json
from pathlib import Path

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def credential(self, request: Document) -> Credential:
        memo = Path.home() / "last.json"
        if not request.get("serviceAccountToken") and memo.exists():
            return Credential(*json.loads(memo.read_text()))
        found = super().credential(request)
        memo.write_text(json.dumps([found.username, found.password, found.life_s]))
        return found


if __name__ == "__main__":
    main(Mutant)
