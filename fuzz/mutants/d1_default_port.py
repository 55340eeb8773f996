"""Spells out port 443.

id: d1-default-port
defect: D-D1
rule: K-043
check: D01
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def auth_key(self, image: str) -> str:
        host, slash, path = image.partition("/")
        return (host if ":" in host else f"{host}:443") + slash + path


if __name__ == "__main__":
    main(Mutant)
