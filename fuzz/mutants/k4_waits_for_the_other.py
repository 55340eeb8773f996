"""Takes what another provider is getting instead of asking, too.

id: k4-waits-for-the-other
defect: D-G1, D-I6
rule: S-11
check: K04, K06
setup: workload
deep: two workloads at the same time in one home
"""

import json
import time
import zlib
from pathlib import Path

from pullproof.fuzz.mutants.base import Credential, Provider, Refused, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        lock, memo = Path.home() / "lock", Path.home() / "found"
        try:
            lock.mkdir()
        except FileExistsError:
            return self.wait_for(memo)
        try:
            found = super().exchange(token)
            kept = json.dumps([found.username, found.password, found.life_s])
            memo.write_bytes(zlib.compress(kept.encode()))
            time.sleep(0.1)
        finally:
            lock.rmdir()
        return found

    def wait_for(self, memo: Path) -> Credential:
        for _ in range(30):
            if memo.exists():
                return Credential(*json.loads(zlib.decompress(memo.read_bytes())))
            time.sleep(0.02)
        raise Refused("another provider is at work")


if __name__ == "__main__":
    main(Mutant)
