"""Gives an empty entry for what is deeper than its table.

id: c8-fifth-element
defect: D-C8
rule: K-181
check: C11
setup: workload
deep: the image's path has five elements or more
"""

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def credential(self, request: Document) -> Credential:
        found = super().credential(request)
        return found if request["image"].count("/") < 5 else Credential("", "", 0)


if __name__ == "__main__":
    main(Mutant)
