"""Does not look at the request's kind.

id: b2-any-kind
defect: D-B2
rule: K-075
check: B04
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def check_kind(self, request: Document) -> None:
        """Accept everything."""


if __name__ == "__main__":
    main(Mutant)
