"""Quotes the password as for a URL.

id: h5-quoted-password
defect: D-H5, D-A4
rule: K-090
check: A04
setup: workload
"""

from urllib.parse import quote

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def entry(self, credential: Credential) -> Document:
        return {"username": credential.username, "password": quote(credential.password, safe="")}


if __name__ == "__main__":
    main(Mutant)
