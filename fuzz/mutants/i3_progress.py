"""Shows its progress, a thousand lines of it.

id: i3-progress
defect: D-I3
rule: K-081
check: I13
setup: workload
"""

import sys

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def credential(self, request: Document) -> Credential:
        for part in range(1000):
            print(f"waiting for the exchange, {part / 10:.1f} % are done", file=sys.stderr)
        return super().credential(request)


if __name__ == "__main__":
    main(Mutant)
