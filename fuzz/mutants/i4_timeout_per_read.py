"""Bounds each read but not the whole, so a slow drip holds it.

id: i4-timeout-per-read
defect: D-I4
rule: K-082
check: I04
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    io_timeout_s = 3.0

    def timeout_s(self) -> float | None:
        return None


if __name__ == "__main__":
    main(Mutant)
