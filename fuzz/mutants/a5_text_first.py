"""Dies of bytes that are not UTF-8.

id: a5-text-first
defect: D-A5, D-I1
rule: S-17
check: A09
setup: workload
"""

from typing import BinaryIO

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def read_request(self, stream: BinaryIO) -> bytes:
        return super().read_request(stream).decode("utf-8").strip().encode()


if __name__ == "__main__":
    main(Mutant)
