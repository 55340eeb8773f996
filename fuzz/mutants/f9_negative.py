"""Counts the margin off twice an hour and answers a negative duration.

id: f9-negative
defect: D-F9
rule: K-105
check: F14
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return f"{credential.life_s - 3600}s"


if __name__ == "__main__":
    main(Mutant)
