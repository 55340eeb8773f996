"""Writes the new credential to stderr, in the Basic form.

id: h1-password-on-stderr
defect: D-H1
rule: S-69
check: H10
setup: workload
"""

import base64
import sys

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def entry(self, credential: Credential) -> Document:
        pair = f"{credential.username}:{credential.password}".encode()
        print("Authorization: Basic", base64.b64encode(pair).decode(), file=sys.stderr)
        return super().entry(credential)


if __name__ == "__main__":
    main(Mutant)
