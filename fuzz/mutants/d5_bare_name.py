"""Dies of an image without a slash.

id: d5-bare-name
defect: D-D5
rule: S-17
check: D08
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def host(self, image: str) -> str:
        host, path = image.split("/", 1)
        return host if path else ""


if __name__ == "__main__":
    main(Mutant)
