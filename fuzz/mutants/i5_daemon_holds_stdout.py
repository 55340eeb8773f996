"""Leaves a child behind that keeps stdout open.

id: i5-daemon-holds-stdout
defect: D-I4, D-I5
rule: K-082
check: I05
setup: workload
"""

import subprocess

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def steps(self) -> int:
        status = super().steps()
        subprocess.Popen(["sleep", "15"], start_new_session=True)
        return status


if __name__ == "__main__":
    main(Mutant)
