"""Dies of a request without a closing brace.

id: a5-last-brace
defect: D-A5, D-I1
rule: S-17
check: A08, A07
setup: workload
"""

from typing import BinaryIO

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def read_request(self, stream: BinaryIO) -> bytes:
        data = super().read_request(stream)
        return data[: data.rindex(b"}") + 1]


if __name__ == "__main__":
    main(Mutant)
