"""Follows a redirect and sends the token again.

id: j4-redirect-with-body
defect: D-J4
rule: S-65
check: J04
setup: workload
"""

from pullproof.fuzz.mutants.base import Headers, Provider, Reply, main


class Mutant(Provider):
    def talk(self, method: str, url: str, headers: Headers, body: bytes) -> Reply:
        reply = super().talk(method, url, headers, body)
        if reply.status in (307, 308):
            return super().talk(method, reply.headers["location"], headers, body)
        return reply


if __name__ == "__main__":
    main(Mutant)
