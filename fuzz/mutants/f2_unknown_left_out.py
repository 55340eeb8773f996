"""Leaves cacheDuration out if the reply does not say when it expires.

id: f2-unknown-left-out
defect: D-F2
rule: S-56
check: F04
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return super().cache(credential) if credential.life_s else None


if __name__ == "__main__":
    main(Mutant)
