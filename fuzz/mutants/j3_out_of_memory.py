"""Falls over a reply that is larger than it has room for.

id: j3-out-of-memory
defect: D-J3
rule: S-71
check: J06
setup: workload
"""

import sys

from pullproof.fuzz.mutants.base import Credential, Provider, Reply, main


class Mutant(Provider):
    def reply_limit(self) -> int:
        return sys.maxsize - 1

    def accept(self, reply: Reply, who: str, secret: str) -> Credential:
        if len(reply.body) > 1024 * 1024:
            raise MemoryError
        return super().accept(reply, who, secret)


if __name__ == "__main__":
    main(Mutant)
