"""Prints the request that it could not answer.

id: h1-debug-request
defect: D-H1
rule: S-12
check: H01
setup: workload
"""

import json

from pullproof.fuzz.mutants.base import Credential, Document, Provider, Refused, main


class Mutant(Provider):
    def credential(self, request: Document) -> Credential:
        try:
            return super().credential(request)
        except Refused as error:
            raise Refused(f"{error}, for {json.dumps(request)}") from None


if __name__ == "__main__":
    main(Mutant)
