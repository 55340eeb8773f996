"""Joins a token that is not there to a text.

id: g2-bearer-none
defect: D-G2, D-I1
rule: K-076
check: G01
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def token(self, request: Document) -> str:
        self.header = "Bearer " + request["serviceAccountToken"]
        return super().token(request)


if __name__ == "__main__":
    main(Mutant)
