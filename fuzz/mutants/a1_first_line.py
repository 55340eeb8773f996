"""Reads one line instead of the whole request.

id: a1-first-line
defect: D-A1
rule: K-075
check: A01
setup: workload
"""

from typing import BinaryIO

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def read_request(self, stream: BinaryIO) -> bytes:
        return stream.readline()


if __name__ == "__main__":
    main(Mutant)
