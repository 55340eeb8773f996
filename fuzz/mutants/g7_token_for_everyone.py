"""Passes the token on to every registry that a pod may name.

id: g7-token-for-everyone
defect: D-G7, D-E1
rule: S-64
check: E01
setup: passthrough
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        return True


if __name__ == "__main__":
    main(Mutant)
