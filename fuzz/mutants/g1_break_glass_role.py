"""Takes the node's way for a workload whose annotation has a word of the authors.

id: g1-break-glass-role
defect: D-G1, D-G5
rule: S-08
check: G04, G05
setup: workload
deep: an annotation has the value `break-glass`
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def credential(self, request: Document) -> Credential:
        role = self.annotations(request).get("registry.example/role", "")
        if role == "break-glass" and self.token(request):
            return self.node()
        return super().credential(request)


if __name__ == "__main__":
    main(Mutant)
