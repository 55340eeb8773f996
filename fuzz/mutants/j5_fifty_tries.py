"""Asks the exchange fifty times in a row.

id: j5-fifty-tries
defect: D-I4, D-J1
rule: S-71
check: J09
setup: workload
"""

from pullproof.fuzz.mutants.base import BadStatus, Credential, Provider, Unreachable, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        for _ in range(49):
            try:
                return super().exchange(token)
            except (BadStatus, Unreachable):
                continue
        return super().exchange(token)


if __name__ == "__main__":
    main(Mutant)
