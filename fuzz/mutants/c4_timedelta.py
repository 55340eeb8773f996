"""Writes the duration as Python writes a timedelta.

id: c4-timedelta
defect: D-C4
rule: K-095
check: C04
setup: workload
"""

from datetime import timedelta

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return str(timedelta(seconds=max(0, credential.life_s - 60)))


if __name__ == "__main__":
    main(Mutant)
