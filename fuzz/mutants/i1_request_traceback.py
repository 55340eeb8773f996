"""Dies with a traceback of a request that is no JSON.

id: i1-request-traceback
defect: D-I1
rule: S-17
check: A09, A08, I01
setup: workload
"""

import json

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def parse(self, data: bytes, what: str) -> Document:
        json.loads(data)
        return super().parse(data, what)


if __name__ == "__main__":
    main(Mutant)
