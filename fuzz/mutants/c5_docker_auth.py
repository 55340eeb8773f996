"""Answers entries in the form of docker's file: user and password in one.

id: c5-docker-auth
defect: D-C5
rule: K-091
check: C05
setup: workload
"""

import base64

from pullproof.fuzz.mutants.base import Credential, Document, Provider, main


class Mutant(Provider):
    def entry(self, credential: Credential) -> Document:
        pair = f"{credential.username}:{credential.password}"
        return {"auth": base64.b64encode(pair.encode()).decode()}


if __name__ == "__main__":
    main(Mutant)
