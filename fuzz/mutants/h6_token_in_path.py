"""Puts the end of the token into the path of the exchange's URL.

id: h6-token-in-path
defect: D-H6
rule: S-69
check: H07
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def exchange_url(self, token: str) -> str:
        return f"{super().exchange_url(token)}?id={token[-120:]}"


if __name__ == "__main__":
    main(Mutant)
