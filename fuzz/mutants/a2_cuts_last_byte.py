"""Cuts off the last byte of its request, which is a newline today.

id: a2-cuts-last-byte
defect: D-A2
rule: K-075
check: A02
setup: workload
"""

from typing import BinaryIO

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def read_request(self, stream: BinaryIO) -> bytes:
        return super().read_request(stream)[:-1]


if __name__ == "__main__":
    main(Mutant)
