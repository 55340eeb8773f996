"""Answers nanoseconds and calls them seconds.

id: f9-nanoseconds
defect: D-F9
rule: K-091
check: C04, F05
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return f"{credential.life_s * 10**9}s"


if __name__ == "__main__":
    main(Mutant)
