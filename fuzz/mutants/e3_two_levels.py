"""Serves images of two path elements only.

id: e3-two-levels
defect: D-E3
rule: K-072
check: E03
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def check_image(self, image: str) -> None:
        super().check_image(image)
        if image.count("/") != 2:
            raise Refused("the image is not of the form registry/team/name")


if __name__ == "__main__":
    main(Mutant)
