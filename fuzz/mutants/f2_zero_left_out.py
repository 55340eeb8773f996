"""Leaves cacheDuration out when there is nothing to keep.

id: f2-zero-left-out
defect: D-F2
rule: X-213
check: F04, F03
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        found = super().cache(credential)
        return None if found == "0s" else found


if __name__ == "__main__":
    main(Mutant)
