"""Writes whole hours without the rest of the unit.

id: c4-whole-hours
defect: D-C4
rule: K-095
check: C04
setup: workload
deep: the exchange gives a credential for a whole number of hours
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        hours, rest = divmod(credential.life_s, 3600)
        if hours and not rest:
            return f"{hours}h0"
        return super().cache(credential)


if __name__ == "__main__":
    main(Mutant)
