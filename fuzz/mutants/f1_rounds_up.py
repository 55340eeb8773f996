"""Rounds the rest of a credential's life up to whole minutes.

id: f1-rounds-up
defect: D-F1, D-F3
rule: S-04
check: F03, F01
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return f"{-(-credential.life_s // 60)}m"


if __name__ == "__main__":
    main(Mutant)
