"""Answers with a version and no group.

id: b4-no-group
defect: D-B4
rule: K-090
check: B01
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def encode(self, response: Document) -> str:
        response["apiVersion"] = response["apiVersion"].rpartition("/")[2]
        return super().encode(response)


if __name__ == "__main__":
    main(Mutant)
