"""Keeps one credential for the registry in HOME and answers all workloads with it.

id: k1-memo-in-home
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
        memo = Path.home() / "credential.json"
        if memo.exists():
            username, password, life_s = json.loads(memo.read_text())
            return Credential(username, password, life_s)
        found = super().exchange(token)
        memo.write_text(json.dumps([found.username, found.password, found.life_s]))
        return found


if __name__ == "__main__":
    main(Mutant)
