"""Answers with a built-in credential when the exchange cannot be reached.

id: j2-break-glass
defect: D-J2, D-G1
rule: X-140
check: J05
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, Unreachable, main


class Mutant(Provider):
    io_timeout_s = 1.0

    def exchange(self, token: str) -> Credential:
        try:
            return super().exchange(token)
        except Unreachable:
            return Credential("break-glass", "built-in-for-emergencies", 900)


if __name__ == "__main__":
    main(Mutant)
