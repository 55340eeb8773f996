"""Gives the token to a helper on its command line, as `curl -d` would have it.

id: h3-child-argv
defect: D-H3
rule: S-69
check: H04
setup: workload
"""

import subprocess
import sys

from pullproof.fuzz.mutants.base import Credential, Provider, main

HELPER = "import time; time.sleep(0.7)"


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        subprocess.run([sys.executable, "-S", "-c", HELPER, f"subject_token={token}"], check=True)
        return super().exchange(token)


if __name__ == "__main__":
    main(Mutant)
