"""Dies when the exchange's reply lacks a member.

id: j2-missing-member
defect: D-J2
rule: X-131
check: J03, I01
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def member(self, document: Document, name: str, who: str) -> str:
        return str(document[name])


if __name__ == "__main__":
    main(Mutant)
