"""Takes the first closing brace for the end of the request.

id: a1-until-brace
defect: D-A1
rule: K-075
check: A00
setup: annotated
"""

from typing import BinaryIO

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def read_request(self, stream: BinaryIO) -> bytes:
        return super().read_request(stream).partition(b"}")[0] + b"}"


if __name__ == "__main__":
    main(Mutant)
