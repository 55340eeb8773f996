"""Fails for an image of another registry, once for each pull.

id: e7-unknown-is-error
defect: D-E7
rule: K-098
check: E07
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def decline(self, request: Document) -> Document:
        raise Refused("this is not an image of ours")


if __name__ == "__main__":
    main(Mutant)
