"""Takes a last element that begins with a digit for a tag.

id: d1-digit-first
defect: D-D1, D-D3
rule: K-043
check: D01
setup: workload
deep: the last element of the image's path begins with a digit
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        head, _, last = image.rpartition("/")
        return f"{head}:{last}" if last[:1].isdigit() else image


if __name__ == "__main__":
    main(Mutant)
