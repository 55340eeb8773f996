"""Unpacks an image into exactly three parts.

id: d5-three-parts
defect: D-D5, D-I1
rule: S-17
check: D06, E03, E08
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def owns(self, image: str) -> bool:
        host, _team, _name = image.split("/")
        return host in self.registries


if __name__ == "__main__":
    main(Mutant)
