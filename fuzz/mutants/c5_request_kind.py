"""Sends its answer back under the kind of the request.

id: c5-request-kind
defect: D-C5
rule: K-092
check: C08
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        response = super().answer(request, auth, duration)
        response["kind"] = "CredentialProviderRequest"
        return response


if __name__ == "__main__":
    main(Mutant)
