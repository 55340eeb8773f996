"""Quotes what the exchange says about its error.

id: h4-quotes-description
defect: D-H4, D-H1
rule: X-145
check: H09, H01
setup: workload
"""

import json

from pullproof.fuzz.mutants.base import Credential, Provider, Refused, Reply, main


class Mutant(Provider):
    def accept(self, reply: Reply, who: str, secret: str) -> Credential:
        if reply.status == 200:
            return super().accept(reply, who, secret)
        try:
            said = json.loads(reply.body).get("error_description", "")
        except (ValueError, AttributeError):
            said = reply.body.decode("utf-8", "replace")
        raise Refused(f"{who} answered with status {reply.status}: {said}")


if __name__ == "__main__":
    main(Mutant)
