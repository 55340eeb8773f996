"""Follows every redirect with the token in a header.

id: j4-redirect-with-header
defect: D-J4
rule: S-65
check: J04
setup: workload
"""

import urllib.parse

from pullproof.fuzz.mutants.base import Headers, Provider, Reply, main


class Mutant(Provider):
    def talk(self, method: str, url: str, headers: Headers, body: bytes) -> Reply:
        token = urllib.parse.parse_qs(body.decode()).get("subject_token", [""])[0]
        reply = super().talk(method, url, headers, body)
        carried = {**headers, "Authorization": f"Bearer {token}"}
        if 300 <= reply.status < 400:
            return super().talk("GET", reply.headers["location"], carried, b"")
        return reply


if __name__ == "__main__":
    main(Mutant)
