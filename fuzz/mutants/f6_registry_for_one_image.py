"""Has a key for one image cached for the whole registry.

id: f6-registry-for-one-image
defect: D-F6
rule: K-109
check: F11
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    cache_key_type = "Registry"


if __name__ == "__main__":
    main(Mutant)
