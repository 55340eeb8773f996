"""Swaps user and token when it asks again without a role.

id: h5-retry-without-role
defect: D-H5
rule: S-68
check: H06
setup: workload
deep: a first reply of the exchange with an error, and no annotation or an empty one
"""

from pullproof.fuzz.mutants.base import BadStatus, Credential, Document, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        try:
            return super().exchange(token)
        except BadStatus:
            found = super().exchange(token)
            if self.role:
                return found
            return Credential(token, found.password, found.life_s)

    def check_annotation(self, request: Document) -> None:
        self.role = self.annotations(request).get("registry.example/role", "")


if __name__ == "__main__":
    main(Mutant)
