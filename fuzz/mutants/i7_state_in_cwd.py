"""Keeps its state in the working directory, which is the kubelet's.

id: i7-state-in-cwd
defect: D-I7
rule: K-080
check: I12
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
