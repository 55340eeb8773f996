"""Writes its domain with a leading dot, as cookies do.

id: d4-leading-dot
defect: D-D4
rule: K-043
check: D01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return "." + self.host(image)


if __name__ == "__main__":
    main(Mutant)
