"""Does not look at the exchange's HTTP status.

id: j1-status-ignored
defect: D-J1
rule: X-131
check: J01
setup: workload
"""

from dataclasses import replace

from pullproof.fuzz.mutants.base import Credential, Provider, Reply, main


class Mutant(Provider):
    def accept(self, reply: Reply, who: str, secret: str) -> Credential:
        return super().accept(replace(reply, status=200), who, secret)


if __name__ == "__main__":
    main(Mutant)
