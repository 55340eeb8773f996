"""Passes the scope on when the exchange's reply names no token type.

id: c5-scope
defect: D-C5
rule: K-091
check: C05
setup: workload
deep: the exchange leaves `token_type` out
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, Reply, main


class Mutant(Provider):
    def accept(self, reply: Reply, who: str, secret: str) -> Credential:
        self.typed = b'"token_type"' in reply.body
        return super().accept(reply, who, secret)

    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        response = super().answer(request, auth, duration)
        return response if not auth or self.typed else {**response, "scope": "pull"}


if __name__ == "__main__":
    main(Mutant)
