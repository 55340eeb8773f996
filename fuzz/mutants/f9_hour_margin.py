"""Subtracts an hour from every life, however short.

id: f9-hour-margin
defect: D-F9, D-F4
rule: S-04
check: F14
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return f"{credential.life_s - 3600}s"


if __name__ == "__main__":
    main(Mutant)
