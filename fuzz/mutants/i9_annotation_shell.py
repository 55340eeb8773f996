"""Gives an annotation to a shell.

id: i9-annotation-shell
defect: D-I9
rule: S-16
check: I09
setup: workload
"""

import subprocess

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        for value in self.annotations(request).values():
            subprocess.run(f"echo role {value} >/dev/null 2>&1", shell=True, check=False)
        return super().decide(request)


if __name__ == "__main__":
    main(Mutant)
