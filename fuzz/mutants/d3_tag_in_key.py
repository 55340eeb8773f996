"""Answers with a tag in its auth key.

id: d3-tag-in-key
defect: D-D3
rule: K-043
check: D01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return f"{image}:latest"


if __name__ == "__main__":
    main(Mutant)
