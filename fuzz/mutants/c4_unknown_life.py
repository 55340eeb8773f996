"""Writes an empty duration when it is not told how long a credential lives.

id: c4-unknown-life
defect: D-C4, D-F2
rule: K-095
check: C04
setup: workload
deep: the exchange leaves `expires_in` out
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return super().cache(credential) if credential.life_s else ""


if __name__ == "__main__":
    main(Mutant)
