"""Leaves cacheDuration out although it knows when the credential expires.

id: f8-no-duration
defect: D-F8
rule: K-105
check: F08, F01
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return None


if __name__ == "__main__":
    main(Mutant)
