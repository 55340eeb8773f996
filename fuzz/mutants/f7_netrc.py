"""Writes the credential to .netrc and answers with nothing, cacheable.

id: f7-netrc
defect: D-F7, D-H2
rule: K-107
check: F15
setup: workload
"""

from pathlib import Path

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        response = super().decide(request)
        lines = [
            f"machine {self.host(key)} login {entry['username']} password {entry['password']}\n"
            for key, entry in response["auth"].items()
        ]
        (Path.home() / ".netrc").write_text("".join(lines))
        return {**response, "auth": {}}


if __name__ == "__main__":
    main(Mutant)
