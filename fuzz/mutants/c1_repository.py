"""Has a cacheKeyType of its own invention, Repository.

id: c1-repository
defect: D-C1
rule: K-093
check: C09
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    cache_key_type = "Repository"


if __name__ == "__main__":
    main(Mutant)
