"""Strips the image before it looks what it is.

id: a6-strips-first
defect: D-A6, D-I1
rule: S-17
check: A10
setup: workload
"""

import json

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decode(self, data: bytes) -> Document:
        request = self.parse(data, "the request")
        if "image" in request:
            request["image"] = request["image"].strip()
        return super().decode(json.dumps(request).encode())


if __name__ == "__main__":
    main(Mutant)
