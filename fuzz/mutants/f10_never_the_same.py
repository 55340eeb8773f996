"""Answers the same request with other auth keys each time.

id: f10-never-the-same
defect: D-F10
rule: S-21
check: F13
setup: workload
"""

import os

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        for entry in list(auth.values()):
            auth[f"{self.host(request['image'])}/session-{os.urandom(4).hex()}"] = entry
        return super().answer(request, auth, duration)


if __name__ == "__main__":
    main(Mutant)
