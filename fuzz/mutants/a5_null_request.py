"""Takes every JSON value for an object and dies of null.

id: a5-null-request
defect: D-A5
rule: K-075
check: A06
setup: workload
"""

import json
from typing import cast

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def parse(self, data: bytes, what: str) -> Document:
        try:
            return cast("Document", json.loads(data))
        except (ValueError, RecursionError):
            raise Refused(f"{what} is not JSON") from None


if __name__ == "__main__":
    main(Mutant)
