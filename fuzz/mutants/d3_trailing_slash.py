"""Ends the key with a slash, as folders do.

id: d3-trailing-slash
defect: D-D3
rule: K-043
check: D01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return image + "/"


if __name__ == "__main__":
    main(Mutant)
