"""Answers with the node's credential when no token came.

id: g1-node-without-token
defect: D-G1
rule: S-08
check: G03
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def credential(self, request: Document) -> Credential:
        if not request.get("serviceAccountToken"):
            return self.node()
        return super().credential(request)


if __name__ == "__main__":
    main(Mutant)
