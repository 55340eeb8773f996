"""Has names of roles in a table of 64 columns, the last of which is not there.

id: i1-role-of-64
defect: D-I1
rule: S-17
check: I01
setup: workload
deep: an annotation's value has 64 characters or more
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def check_annotation(self, request: Document) -> None:
        role = self.annotations(request).get("registry.example/role", "")
        columns = list(role[:64])
        if len(columns) == 64:
            columns[64] = "\0"


if __name__ == "__main__":
    main(Mutant)
