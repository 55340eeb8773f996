"""Adds the path of the registry's web pages to the key.

id: d4-web-path
defect: D-D4
rule: K-043
check: D01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        return f"https://{self.host(image)}/ui/"


if __name__ == "__main__":
    main(Mutant)
