"""Leaves cacheDuration out for a credential that has already expired.

id: f2-expired-left-out
defect: D-F2
rule: S-56
check: F03
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def life(self, document: Document, who: str) -> int:
        value = document.get("expires_in")
        return value if type(value) is int else 0

    def cache(self, credential: Credential) -> str | None:
        return super().cache(credential) if credential.life_s > 0 else None


if __name__ == "__main__":
    main(Mutant)
