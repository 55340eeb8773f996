"""Dies of the recursion limit on a deeply nested request.

id: a7-deep-nesting
defect: D-A7
rule: S-17
check: A13
setup: workload
"""

import json
from typing import cast

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def parse(self, data: bytes, what: str) -> Document:
        try:
            value = json.loads(data)
        except ValueError:
            raise Refused(f"{what} is not JSON") from None
        if not isinstance(value, dict):
            raise Refused(f"{what} is not an object")
        return cast("Document", value)


if __name__ == "__main__":
    main(Mutant)
