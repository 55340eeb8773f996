"""Takes seconds for milliseconds, so each pull runs it again.

id: f4-unit-slip
defect: D-F4
rule: S-56
check: F07
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return f"{credential.life_s * 9 // 10}ms"


if __name__ == "__main__":
    main(Mutant)
