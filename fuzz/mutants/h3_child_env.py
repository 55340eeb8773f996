"""Gives the token to a helper in its environment.

id: h3-child-env
defect: D-H3
rule: S-69
check: H04
setup: workload
"""

import os
import subprocess
import sys

from pullproof.fuzz.mutants.base import Credential, Provider, main

HELPER = "import time; time.sleep(0.7)"


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        env = {**os.environ, "REGISTRY_TOKEN": token}
        subprocess.run([sys.executable, "-S", "-c", HELPER], env=env, check=True)
        return super().exchange(token)


if __name__ == "__main__":
    main(Mutant)
