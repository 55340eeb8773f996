"""Takes a role that begins with a digit for a number.

id: i1-number-as-role
defect: D-I1, D-G5
rule: S-17
check: I01
setup: workload
deep: an annotation begins with a digit and is no whole number
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def check_annotation(self, request: Document) -> None:
        role = self.annotations(request).get("registry.example/role", "")
        if role[:1].isdigit():
            self.role = int(role)


if __name__ == "__main__":
    main(Mutant)
