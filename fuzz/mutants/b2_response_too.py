"""Takes whatever begins with CredentialProvider for a request.

id: b2-response-too
defect: D-B2
rule: X-001
check: B04
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def check_kind(self, request: Document) -> None:
        if not str(request.get("kind")).startswith("CredentialProvider"):
            raise Refused("the request is of another kind")


if __name__ == "__main__":
    main(Mutant)
