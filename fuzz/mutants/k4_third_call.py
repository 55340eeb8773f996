"""Answers from its memory once it has been asked three times.

id: k4-third-call
defect: D-G1, D-F10
rule: S-11
check: K04
setup: workload
deep: the third call in one home, by another workload than the first
"""

import json
import zlib
from pathlib import Path

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        memo = Path.home() / "calls"
        known = zlib.decompress(memo.read_bytes()).splitlines() if memo.exists() else []
        if len(known) >= 2:
            return Credential(*json.loads(known[0]))
        found = super().exchange(token)
        known.append(json.dumps([found.username, found.password, found.life_s]).encode())
        memo.write_bytes(zlib.compress(b"\n".join(known)))
        return found


if __name__ == "__main__":
    main(Mutant)
