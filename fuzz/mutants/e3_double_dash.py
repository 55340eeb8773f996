"""Takes two dashes in a row for a mistake.

id: e3-double-dash
defect: D-E3
rule: K-072
check: E03
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def check_image(self, image: str) -> None:
        super().check_image(image)
        if "--" in image:
            raise Refused("the image is not a repository name")


if __name__ == "__main__":
    main(Mutant)
