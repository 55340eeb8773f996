"""Writes the request to stderr for debugging.

id: h1-token-on-stderr
defect: D-H1
rule: S-69
check: H10, H01
setup: workload
"""

import sys

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decode(self, data: bytes) -> Document:
        sys.stderr.write(data.decode("utf-8", "replace"))
        return super().decode(data)


if __name__ == "__main__":
    main(Mutant)
