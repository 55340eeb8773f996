"""Writes seconds with the unit of milliseconds.

id: f4-milliseconds
defect: D-F4
rule: K-095
check: F07
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return f"{credential.life_s}ms"


if __name__ == "__main__":
    main(Mutant)
