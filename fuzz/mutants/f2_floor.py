"""Keeps every credential for five minutes at least.

id: f2-floor
defect: D-F3, D-F2
rule: S-04
check: F03
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return f"{max(300, credential.life_s - 30)}s"


if __name__ == "__main__":
    main(Mutant)
