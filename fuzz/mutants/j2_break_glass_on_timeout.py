"""Answers with a built-in credential when the exchange takes too long.

id: j2-break-glass-on-timeout
defect: D-J2, D-G1
rule: X-140
check: I15
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, Unreachable, main


class Mutant(Provider):
    io_timeout_s = 1.0

    def exchange(self, token: str) -> Credential:
        try:
            return super().exchange(token)
        except Unreachable as error:
            if "Timeout" not in str(error):
                raise
            return Credential("break-glass", "built-in-for-emergencies", 900)


if __name__ == "__main__":
    main(Mutant)
