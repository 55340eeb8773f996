"""Takes the group of the configuration for that of the response.

id: b4-group-of-the-config
defect: D-B4
rule: K-090
check: B01
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def encode(self, response: Document) -> str:
        response["apiVersion"] = "kubelet.config.k8s.io/v1"
        return super().encode(response)


if __name__ == "__main__":
    main(Mutant)
