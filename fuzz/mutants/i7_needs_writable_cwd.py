"""Writes its state to the working directory and dies if it cannot.

id: i7-needs-writable-cwd
defect: D-I7
rule: K-080
check: I07
setup: workload
"""

from pathlib import Path

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def steps(self) -> int:
        Path("provider.state").write_text("running\n")
        return super().steps()


if __name__ == "__main__":
    main(Mutant)
