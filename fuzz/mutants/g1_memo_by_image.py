"""Remembers credentials by image, whoever asks.

id: g1-memo-by-image
defect: D-G1
rule: S-60
check: K05, K04
setup: workload
"""

import hashlib
import json
from pathlib import Path

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def credential(self, request: Document) -> Credential:
        name = hashlib.sha256(request["image"].encode()).hexdigest()
        memo = Path.home() / name
        if memo.exists():
            return Credential(*json.loads(memo.read_text()))
        found = super().credential(request)
        memo.write_text(json.dumps([found.username, found.password, found.life_s]))
        return found


if __name__ == "__main__":
    main(Mutant)
