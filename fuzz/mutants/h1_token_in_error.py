"""Quotes the form it sent in the message about its failure.

id: h1-token-in-error
defect: D-H1
rule: S-69
check: H01
setup: workload
"""

import urllib.parse

from pullproof.fuzz.mutants.base import Credential, Provider, Refused, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        try:
            return super().exchange(token)
        except Refused as error:
            sent = urllib.parse.urlencode(self.form(token))
            raise Refused(f"{error}; sent: {sent}") from None


if __name__ == "__main__":
    main(Mutant)
