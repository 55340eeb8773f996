"""Asks the exchange again and again until somebody ends it.

id: i4-retries-forever
defect: D-I4
rule: K-082, S-71
check: J09, I04
setup: workload
"""

import time

from pullproof.fuzz.mutants.base import Credential, Provider, Refused, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        while True:
            try:
                return super().exchange(token)
            except Refused:
                time.sleep(0.01)

    def timeout_s(self) -> float | None:
        return None


if __name__ == "__main__":
    main(Mutant)
