"""Rounds a life of full minutes up to the next quarter of an hour.

id: f1-full-minute
defect: D-F1, D-F3
rule: S-04
check: F01, F03
setup: workload
deep: the exchange gives a credential for a whole number of minutes
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        minutes, rest = divmod(credential.life_s, 60)
        if minutes and not rest:
            return f"{(minutes // 15 + 1) * 15}m"
        return super().cache(credential)


if __name__ == "__main__":
    main(Mutant)
