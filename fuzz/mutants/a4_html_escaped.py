"""Escapes the password as for a web page.

id: a4-html-escaped
defect: D-A4
rule: K-090
check: A04
setup: workload
"""

import html

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def entry(self, credential: Credential) -> Document:
        return {"username": credential.username, "password": html.escape(credential.password)}


if __name__ == "__main__":
    main(Mutant)
