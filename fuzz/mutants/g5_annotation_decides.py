"""Gives whatever role an annotation asks for, on the node's account.

id: g5-annotation-decides
defect: D-G5
rule: S-16
check: K09
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        self.role = self.annotations(request).get("registry.example/role")
        return super().decide(request)

    def exchange(self, token: str) -> Credential:
        return self.node() if self.role == "a" else super().exchange(token)


if __name__ == "__main__":
    main(Mutant)
