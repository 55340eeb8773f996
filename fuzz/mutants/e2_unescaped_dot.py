"""Lets any character stand for the dot of its registry's name.

id: e2-unescaped-dot
defect: D-E2
rule: S-09
check: E02
setup: workload
"""

import re

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        return any(re.fullmatch(name, self.host(image)) for name in self.registries)


if __name__ == "__main__":
    main(Mutant)
