"""Wraps the token and passes that on as a password for the whole account.

id: g7-wrapped-echo
defect: D-G7
rule: K-156
check: G09
setup: workload
"""

import json

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        super().exchange(token)
        return Credential("oauth2", json.dumps({"token": token}), 900)


if __name__ == "__main__":
    main(Mutant)
