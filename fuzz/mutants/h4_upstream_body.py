"""Writes the exchange's error page to stderr, whatever it holds.

id: h4-upstream-body
defect: D-H4
rule: S-69
check: H09, H01
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, Refused, Reply, main


class Mutant(Provider):
    def accept(self, reply: Reply, who: str, secret: str) -> Credential:
        if reply.status != 200:
            raise Refused(f"{who} said {reply.status}: {reply.body.decode('utf-8', 'replace')}")
        return super().accept(reply, who, secret)


if __name__ == "__main__":
    main(Mutant)
