"""Refuses a request that does not end with a newline.

id: a2-needs-newline
defect: D-A2
rule: K-075
check: A02
setup: workload
"""

from typing import BinaryIO

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def read_request(self, stream: BinaryIO) -> bytes:
        data = super().read_request(stream)
        if not data.endswith(b"\n"):
            raise Refused("the request is incomplete")
        return data


if __name__ == "__main__":
    main(Mutant)
