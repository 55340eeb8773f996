"""Dies of a request without an apiVersion.

id: b1-header-missing
defect: D-B1, D-I1
rule: S-17
check: B05
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def check_version(self, request: Document) -> None:
        if not request["apiVersion"].endswith("/v1"):
            raise Refused("the request is of another version")


if __name__ == "__main__":
    main(Mutant)
