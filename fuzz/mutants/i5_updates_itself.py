"""Leaves a process behind that looks for a newer version.

id: i5-updates-itself
defect: D-I5
rule: K-082
check: I14
setup: workload
"""

import subprocess

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def emit(self, text: str) -> None:
        super().emit(text)
        subprocess.Popen(
            ["sleep", "20"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


if __name__ == "__main__":
    main(Mutant)
