"""Lets the kubelet keep a credential to its last second.

id: f1-full-life
defect: D-F1
rule: S-56
check: F06
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return f"{credential.life_s}s"


if __name__ == "__main__":
    main(Mutant)
