"""Serves only the account that came first on this node.

id: k10-first-come
defect: D-F10, D-I7
rule: S-11
check: K10
setup: workload
"""

from pathlib import Path

from pullproof.fuzz.mutants.base import Credential, Provider, Refused, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        found = super().exchange(token)
        owner = Path.home() / "owner"
        if not owner.exists():
            owner.write_text(found.username)
        if owner.read_text() != found.username:
            raise Refused("this node is set up for another account")
        return found


if __name__ == "__main__":
    main(Mutant)
