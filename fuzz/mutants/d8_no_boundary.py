"""Answers with a key that ends in the middle of a path segment.

id: d8-no-boundary
defect: D-D8
rule: K-043
check: D08
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return image.rpartition("/")[0].rstrip("ab-")


if __name__ == "__main__":
    main(Mutant)
