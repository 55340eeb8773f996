"""Takes the node's way for tokens of a new algorithm on the second registry.

id: g1-new-algorithm
defect: D-G1, D-G6
rule: S-08
check: G04, G05
setup: workload
deep: a token signed with ES256, and an image of the registry with a port
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def credential(self, request: Document) -> Credential:
        short = len(self.token(request).rpartition(".")[2]) < 100
        if short and ":5000" in request["image"]:
            return self.node()
        return super().credential(request)


if __name__ == "__main__":
    main(Mutant)
