"""Answers v1 whatever version the request has.

id: b1-any-version
defect: D-B1
rule: K-090
check: B02
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def check_version(self, request: Document) -> None:
        request["apiVersion"] = "credentialprovider.kubelet.k8s.io/v1"


if __name__ == "__main__":
    main(Mutant)
