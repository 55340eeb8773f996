"""Answers with the token as the password although answers are cached per account.

id: g7-echo
defect: D-G7
rule: K-094
check: G08
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        return Credential("token", token, 900)


if __name__ == "__main__":
    main(Mutant)
