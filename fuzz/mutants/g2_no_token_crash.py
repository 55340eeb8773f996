"""Dies when the request has no token.

id: g2-no-token-crash
defect: D-G2
rule: K-112
check: G01
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def token(self, request: Document) -> str:
        return str(request["serviceAccountToken"])


if __name__ == "__main__":
    main(Mutant)
