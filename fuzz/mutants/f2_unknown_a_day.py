"""Keeps a credential of unknown life for a day.

id: f2-unknown-a-day
defect: D-F2, D-F3
rule: X-213
check: F04
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return super().cache(credential) if credential.life_s else "24h"


if __name__ == "__main__":
    main(Mutant)
