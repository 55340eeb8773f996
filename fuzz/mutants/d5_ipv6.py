"""Dies of an IPv6 registry, whose name has more than one colon.

id: d5-ipv6
defect: D-D5
rule: S-17
check: D06
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def host(self, image: str) -> str:
        host = image.partition("/")[0]
        if ":" in host:
            name, port = host.split(":")
            return f"{name}:{port}"
        return host


if __name__ == "__main__":
    main(Mutant)
