"""Has every credential cached for twelve hours.

id: f3-half-a-day
defect: D-F3
rule: S-56
check: F01, F02
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return "12h"


if __name__ == "__main__":
    main(Mutant)
