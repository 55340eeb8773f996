"""Speaks any version it is asked for, even one that does not exist.

id: b1-echoes-version
defect: D-B1
rule: K-090
check: B01
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def check_version(self, request: Document) -> None:
        """Accept everything; `answer` repeats it."""


if __name__ == "__main__":
    main(Mutant)
