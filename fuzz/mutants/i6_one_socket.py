"""Listens on a socket of a fixed name, which one process can do.

id: i6-one-socket
defect: D-I6
rule: K-124
check: I06
setup: workload
"""

import os
import socket
import time

from pullproof.fuzz.mutants.base import Credential, Document, Provider, Refused, main


class Mutant(Provider):
    def credential(self, request: Document) -> Credential:
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(f"\0provider-of-{os.getuid()}")
        except OSError:
            raise Refused("another provider is at work") from None
        time.sleep(0.3)
        return super().credential(request)


if __name__ == "__main__":
    main(Mutant)
