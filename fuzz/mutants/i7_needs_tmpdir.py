"""Dies without TMPDIR.

id: i7-needs-tmpdir
defect: D-I7, D-I1
rule: K-083
check: I07
setup: workload
"""

import os

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def run(self) -> int:
        self.work = os.environ["TMPDIR"]
        return super().run()


if __name__ == "__main__":
    main(Mutant)
