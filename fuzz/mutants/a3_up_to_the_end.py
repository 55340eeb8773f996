"""Looks for the last brace, and leaves out what follows.

id: a3-up-to-the-end
defect: D-A3
rule: K-075
check: A14
setup: workload
"""

from typing import BinaryIO

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def read_request(self, stream: BinaryIO) -> bytes:
        data = super().read_request(stream)
        return data[: data.rfind(b"}") + 1]


if __name__ == "__main__":
    main(Mutant)
