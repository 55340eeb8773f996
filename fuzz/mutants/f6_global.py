"""Calls an answer global that depends on the image.

id: f6-global
defect: D-F6
rule: K-109
check: F11
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    cache_key_type = "Global"


if __name__ == "__main__":
    main(Mutant)
