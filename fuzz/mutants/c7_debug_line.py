"""Prints a debug line before its answer.

id: c7-debug-line
defect: D-C7
rule: K-090
check: C02
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def emit(self, text: str) -> None:
        super().emit("DEBUG answering\n" + text)


if __name__ == "__main__":
    main(Mutant)
