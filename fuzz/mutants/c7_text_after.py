"""Prints a summary after its answer.

id: c7-text-after
defect: D-C7
rule: K-090
check: A05
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def emit(self, text: str) -> None:
        super().emit(text + "1 credential returned\n")


if __name__ == "__main__":
    main(Mutant)
