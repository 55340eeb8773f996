"""Answers with a URL for an auth key.

id: d6-scheme-in-key
defect: D-D6
rule: K-041
check: D01, D03
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return f"oci://{image}"


if __name__ == "__main__":
    main(Mutant)
