"""Has the token cached as a password for longer than the token lives.

id: g7-long-echo
defect: D-G7
rule: K-156
check: G07
setup: passthrough
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return "12h"


if __name__ == "__main__":
    main(Mutant)
