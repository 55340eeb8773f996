"""Refuses valid repository names with unusual separators or many segments.

id: e3-strict-path
defect: D-E3
rule: K-072
check: E03
setup: workload
"""

import re

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def check_image(self, image: str) -> None:
        if not re.fullmatch(r"[^/]+/[a-z0-9-]+/[a-z0-9-]+", image):
            raise Refused("the image is not a repository name")


if __name__ == "__main__":
    main(Mutant)
