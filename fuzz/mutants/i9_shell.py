"""Gives the image to a shell.

id: i9-shell
defect: D-I9
rule: S-16
check: I10
setup: workload
"""

import subprocess

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        subprocess.run(f"echo looking up {image} >/dev/null", shell=True, check=False)
        return super().owns(image)


if __name__ == "__main__":
    main(Mutant)
