"""Passes on whatever lifetime it is told, however long.

id: f9-overflow
defect: D-F9
rule: K-091
check: F05
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return f"{max(0, credential.life_s - 30)}s"


if __name__ == "__main__":
    main(Mutant)
