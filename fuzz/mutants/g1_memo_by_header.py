"""Remembers credentials by how a token begins, which is its header.

id: g1-memo-by-header
defect: D-G1
rule: S-60
check: K05, K04, K07
setup: workload
"""

import json
from pathlib import Path

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        memo = Path.home() / f"{token[:20]}.json"
        if memo.exists():
            return Credential(*json.loads(memo.read_text()))
        found = super().exchange(token)
        memo.write_text(json.dumps([found.username, found.password, found.life_s]))
        return found


if __name__ == "__main__":
    main(Mutant)
