"""Leaves a quiet helper running after each exec.

id: i5-daemon
defect: D-I5
rule: K-080
check: I14
setup: workload
"""

import subprocess

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def steps(self) -> int:
        status = super().steps()
        nothing = subprocess.DEVNULL
        subprocess.Popen(
            ["sleep", "15"], stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
        )
        return status


if __name__ == "__main__":
    main(Mutant)
