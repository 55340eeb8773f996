"""Sends the token to whatever realm the registry's challenge names.

id: e6-challenge-realm
defect: D-E6
rule: S-66
check: J10
setup: workload
"""

import os
import re

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def exchange_url(self, token: str) -> str:
        reply = self.talk("GET", os.environ["REGISTRY_URL"] + "/v2/", {}, b"")
        realm = re.search(r'realm="([^"]+)"', reply.headers.get("www-authenticate", ""))
        if realm:
            headers = {"Authorization": f"Bearer {token}"}
            self.talk("GET", realm.group(1), headers, b"")
        return super().exchange_url(token)


if __name__ == "__main__":
    main(Mutant)
