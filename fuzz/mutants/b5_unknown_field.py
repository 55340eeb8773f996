"""Refuses a request with a field it does not know.

id: b5-unknown-field
defect: D-B5
rule: K-075
check: B06
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main

KNOWN = {"apiVersion", "kind", "image", "serviceAccountToken", "serviceAccountAnnotations"}


class Mutant(Provider):
    def decode(self, data: bytes) -> Document:
        request = super().decode(data)
        if not request.keys() <= KNOWN:
            raise Refused("the request has unknown fields")
        return request


if __name__ == "__main__":
    main(Mutant)
