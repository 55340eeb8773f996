"""Takes an empty text for a secret.

id: j2-empty-is-fine
defect: D-J2, D-C9
rule: X-140
check: C12, J02
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def member(self, document: Document, name: str, who: str) -> str:
        value = document.get(name)
        if not isinstance(value, str):
            raise Refused(f"{who}'s reply has no usable {name}")
        return value


if __name__ == "__main__":
    main(Mutant)
