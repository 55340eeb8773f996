"""Takes a number in the reply for a password.

id: j2-number-as-text
defect: D-J2
rule: X-210
check: J11
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def member(self, document: Document, name: str, who: str) -> str:
        value = document.get(name)
        return str(value) if isinstance(value, int) else super().member(document, name, who)


if __name__ == "__main__":
    main(Mutant)
