"""Passes the token on with a scheme before it, and has it cached.

id: g7-bearer-echo
defect: D-G7
rule: K-156
check: G09
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        found = super().exchange(token)
        return Credential(found.username, f"Bearer {token}", found.life_s)


if __name__ == "__main__":
    main(Mutant)
