"""Answers with the last credential of anybody when the exchange is down.

id: k1-stale-memo
defect: D-G1
rule: S-60
check: K03
setup: workload
"""

import json
import tempfile
from pathlib import Path

from pullproof.fuzz.mutants.base import Credential, Provider, Refused, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        memo = Path(tempfile.gettempdir()) / "last.json"
        try:
            found = super().exchange(token)
        except Refused:
            if not memo.exists():
                raise
            return Credential(*json.loads(memo.read_text()))
        memo.write_text(json.dumps([found.username, found.password, found.life_s]))
        return found


if __name__ == "__main__":
    main(Mutant)
