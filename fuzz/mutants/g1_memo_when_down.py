"""Falls back to the last credential of anybody when the exchange is down.

id: g1-memo-when-down
defect: D-G1
rule: S-60
check: K03
setup: workload
"""

import json
from pathlib import Path

from pullproof.fuzz.mutants.base import BadStatus, Credential, Provider, Unreachable, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        memo = Path.home() / "last-good.json"
        try:
            found = super().exchange(token)
        except (Unreachable, BadStatus):
            if memo.exists():
                return Credential(*json.loads(memo.read_text()))
            raise
        memo.write_text(json.dumps([found.username, found.password, found.life_s]))
        return found


if __name__ == "__main__":
    main(Mutant)
