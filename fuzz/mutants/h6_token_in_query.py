"""Sends the token in the URL, where proxies and servers log it.

id: h6-token-in-query
defect: D-H6
rule: S-69
check: H07
setup: workload
"""

import urllib.parse

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def exchange_url(self, token: str) -> str:
        return f"{super().exchange_url(token)}?{urllib.parse.urlencode({'subject_token': token})}"


if __name__ == "__main__":
    main(Mutant)
