"""Finishes first what it could not do last time, and answers with that.

id: k4-pending-token
defect: D-G1, D-F10
rule: S-11
check: K04
setup: workload
deep: an exec whose exchange failed, and then another workload in the same home
"""

import zlib
from pathlib import Path

from pullproof.fuzz.mutants.base import BadStatus, Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        pending = Path.home() / "pending"
        if pending.exists():
            token = zlib.decompress(pending.read_bytes()).decode()
            pending.unlink()
        try:
            return super().exchange(token)
        except BadStatus:
            pending.write_bytes(zlib.compress(token.encode()))
            raise


if __name__ == "__main__":
    main(Mutant)
