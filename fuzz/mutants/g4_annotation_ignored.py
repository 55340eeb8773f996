"""Reads a required annotation under another name than the configuration has.

id: g4-annotation-ignored
defect: D-G4
rule: K-113
check: G18
setup: annotated
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    annotation = ""


if __name__ == "__main__":
    main(Mutant)
