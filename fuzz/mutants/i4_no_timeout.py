"""Waits for the exchange for ever.

id: i4-no-timeout
defect: D-I4
rule: K-082
check: I04
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    io_timeout_s = None

    def timeout_s(self) -> float | None:
        return None


if __name__ == "__main__":
    main(Mutant)
