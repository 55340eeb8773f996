"""Takes what one read gives for the whole request.

id: a1-single-read
defect: D-A1
rule: K-075
check: A01
setup: workload
"""

import os
from typing import BinaryIO

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def read_request(self, stream: BinaryIO) -> bytes:
        return os.read(stream.fileno(), 65536)


if __name__ == "__main__":
    main(Mutant)
