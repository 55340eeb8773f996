"""Hides the echoed token from the kubelet's guard in base64.

id: g7-base64-echo
defect: D-G7
rule: K-094
check: G09
setup: workload
"""

import base64

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        return Credential("token", base64.b64encode(token.encode()).decode(), 900)


if __name__ == "__main__":
    main(Mutant)
