"""Dies of an empty stdin.

id: a5-empty-stdin
defect: D-A5
rule: S-17
check: A07
setup: workload
"""

from typing import BinaryIO

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def read_request(self, stream: BinaryIO) -> bytes:
        lines = super().read_request(stream).splitlines()
        return lines[0] + b"".join(lines[1:])


if __name__ == "__main__":
    main(Mutant)
