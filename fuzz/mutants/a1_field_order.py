"""Finds its fields by a pattern that knows one order of them.

id: a1-field-order
defect: D-A1, D-B5
rule: K-075
check: B07
setup: workload
"""

import re

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def parse(self, data: bytes, what: str) -> Document:
        document = super().parse(data, what)
        if "kind" in document and not re.search(rb'"kind".*"apiVersion".*"image"', data, re.DOTALL):
            raise Refused(f"{what} has no kind, apiVersion and image")
        return document


if __name__ == "__main__":
    main(Mutant)
