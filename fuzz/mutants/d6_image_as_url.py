"""Parses the image as a URL, finds no host and declines everything.

id: d6-image-as-url
defect: D-D6, D-E3
rule: K-070
check: A00
setup: workload
"""

import urllib.parse

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def host(self, image: str) -> str:
        return urllib.parse.urlsplit(image).netloc


if __name__ == "__main__":
    main(Mutant)
