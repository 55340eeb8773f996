"""Writes a page of debugging for each byte of the request to stderr.

id: i3-flood
defect: D-I3
rule: K-084
check: I13
setup: workload
"""

import sys

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def on_refused(self, error: Refused) -> int:
        for number in range(2000):
            print(
                f"provider: trace {number:04}: still thinking about what went wrong",
                file=sys.stderr,
            )
        return super().on_refused(error)


if __name__ == "__main__":
    main(Mutant)
