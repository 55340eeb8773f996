"""Has room for half a KiB of request, as before there were tokens.

id: a1-half-kib
defect: D-A1, D-A7
rule: K-075
check: A00
setup: workload
"""

from typing import BinaryIO

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def read_request(self, stream: BinaryIO) -> bytes:
        return stream.read(512)


if __name__ == "__main__":
    main(Mutant)
