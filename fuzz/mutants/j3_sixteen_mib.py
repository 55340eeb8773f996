"""Has a bound for replies that a node has no room for.

id: j3-sixteen-mib
defect: D-J3
rule: X-145
check: J07
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def reply_limit(self) -> int:
        return 1 << 30


if __name__ == "__main__":
    main(Mutant)
