"""Wants signatures to be as long as those of RS256.

id: g6-signature-length
defect: D-G6
rule: T-004
check: G16
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def token(self, request: Document) -> str:
        token = super().token(request)
        if len(token.rpartition(".")[2]) < 300:
            raise Refused("the token's signature is too short")
        return token


if __name__ == "__main__":
    main(Mutant)
