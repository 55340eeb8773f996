"""Passes the reply through a file whose name all runs share.

id: i6-shared-file
defect: D-I6
rule: S-11
check: K06
setup: workload
"""

import json
import tempfile
import time
from pathlib import Path

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        found = super().exchange(token)
        path = Path(tempfile.gettempdir()) / "provider-reply.json"
        path.write_text(json.dumps([found.username, found.password, found.life_s]))
        time.sleep(0.4)
        username, password, life_s = json.loads(path.read_text())
        return Credential(username, password, life_s)


if __name__ == "__main__":
    main(Mutant)
