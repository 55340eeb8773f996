"""Answers in v1beta1 whatever it was asked in.

id: b3-prefers-beta
defect: D-B3, D-B1
rule: K-090
check: B01
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def encode(self, response: Document) -> str:
        response["apiVersion"] = response["apiVersion"].replace("/v1", "/v1beta1")
        return super().encode(response)


if __name__ == "__main__":
    main(Mutant)
