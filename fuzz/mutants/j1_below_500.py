"""Takes everything below 500 for a success.

id: j1-below-500
defect: D-J1
rule: X-140
check: J01
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, Reply, main


class Mutant(Provider):
    def accept(self, reply: Reply, who: str, secret: str) -> Credential:
        if reply.status < 500:
            reply = Reply(200, reply.headers, reply.body, reply.whole)
        return super().accept(reply, who, secret)


if __name__ == "__main__":
    main(Mutant)
