"""Answers v1beta1 to a kubelet that speaks v1.

id: b3-old-version
defect: D-B3
rule: K-090
check: B01
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        response = super().answer(request, auth, duration)
        response["apiVersion"] = "credentialprovider.kubelet.k8s.io/v1beta1"
        return response


if __name__ == "__main__":
    main(Mutant)
