"""Answers with the group of the configuration, not of the protocol.

id: b4-wrong-group
defect: D-B4
rule: K-090
check: B01
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        response = super().answer(request, auth, duration)
        response["apiVersion"] = "kubelet.config.k8s.io/v1"
        return response


if __name__ == "__main__":
    main(Mutant)
