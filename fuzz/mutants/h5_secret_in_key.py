"""Puts the token into an auth key of its answer.

id: h5-secret-in-key
defect: D-H1
rule: S-68
check: H05
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        response = super().decide(request)
        if response["auth"]:
            mark = f"{self.host(request['image'])}/{request['serviceAccountToken']}"
            response["auth"][mark] = {"username": "debug", "password": "none"}
        return response


if __name__ == "__main__":
    main(Mutant)
