"""Dies of a request that has a field twice.

id: b5-field-twice
defect: D-I1
rule: S-17
check: B08
setup: workload
"""

import json
from typing import Any

from pullproof.fuzz.mutants.base import Document, Provider, main


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


class Mutant(Provider):
    def parse(self, data: bytes, what: str) -> Document:
        document = super().parse(data, what)
        json.loads(data, object_pairs_hook=once)
        return document


if __name__ == "__main__":
    main(Mutant)
