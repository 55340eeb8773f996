"""Prints a warning about its settings before the response.

id: c7-warning-first
defect: D-C7
rule: K-090
check: C02
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def emit(self, text: str) -> None:
        super().emit("WARNING: no settings file, defaults are used\n" + text)


if __name__ == "__main__":
    main(Mutant)
