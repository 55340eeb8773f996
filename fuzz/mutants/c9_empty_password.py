"""Passes on an empty access_token as the password.

id: c9-empty-password
defect: D-C9
rule: S-70
check: C12
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def member(self, document: Document, name: str, who: str) -> str:
        value = document.get(name)
        if not isinstance(value, str):
            raise Refused(f"{who}'s reply has no {name}")
        return value


if __name__ == "__main__":
    main(Mutant)
