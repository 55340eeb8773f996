"""Takes a lock that it never gives back.

id: i6-stale-lock
defect: D-I6, D-F10
rule: S-11
check: K10, I06
setup: workload
"""

from pathlib import Path

from pullproof.fuzz.mutants.base import Credential, Document, Provider, Refused, main


class Mutant(Provider):
    def credential(self, request: Document) -> Credential:
        try:
            (Path.home() / "lock").touch(exist_ok=False)
        except FileExistsError:
            raise Refused("another provider is at work") from None
        return super().credential(request)


if __name__ == "__main__":
    main(Mutant)
