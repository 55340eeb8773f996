"""Adds when the credential expires to its entry.

id: c5-expires-at
defect: D-C5
rule: K-091
check: C05
setup: workload
"""

import time

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def entry(self, credential: Credential) -> Document:
        return {**super().entry(credential), "expiresAt": int(time.time()) + credential.life_s}


if __name__ == "__main__":
    main(Mutant)
