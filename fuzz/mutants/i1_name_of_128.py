"""Cuts long names at byte 128, and looks at the byte after that.

id: i1-name-of-128
defect: D-I1, D-A7
rule: S-17
check: I01
setup: workload
deep: the image's name has exactly 128 bytes
"""

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def check_image(self, image: str) -> None:
        super().check_image(image)
        if len(image) >= 128 and image[128] == "/":
            raise Refused("the image is not a repository name")


if __name__ == "__main__":
    main(Mutant)
