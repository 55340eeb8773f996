"""Prints what it sends when an annotation says so.

id: h1-debug-role
defect: D-H1
rule: S-12
check: H10, H01
setup: workload
deep: an annotation has the value `debug`
"""

import sys

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        if self.role == "debug":
            print(f"provider: sends {self.form(token)}", file=sys.stderr)
        return super().exchange(token)

    def check_annotation(self, request: Document) -> None:
        self.role = self.annotations(request).get("registry.example/role", "")


if __name__ == "__main__":
    main(Mutant)
