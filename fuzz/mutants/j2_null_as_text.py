"""Makes the text `None` of a null and answers with it.

id: j2-null-as-text
defect: D-J2
rule: X-131
check: J02
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def member(self, document: Document, name: str, who: str) -> str:
        return str(document.get(name))


if __name__ == "__main__":
    main(Mutant)
