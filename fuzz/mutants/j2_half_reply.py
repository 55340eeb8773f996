"""Makes do with the half of a reply that came.

id: j2-half-reply
defect: D-J2
rule: X-140
check: J12
setup: workload
"""

import re

from pullproof.fuzz.mutants.base import Credential, Provider, Refused, Reply, main


class Mutant(Provider):
    def accept(self, reply: Reply, who: str, secret: str) -> Credential:
        text = reply.body.decode("utf-8", "replace")
        fields = dict(re.findall(r'"(\w+)": ?"([^"]+)', text))
        if reply.status != 200 or not fields.get(secret):
            raise Refused(f"{who} gave nothing of use")
        return Credential(fields.get("username", "user"), fields[secret], 900)


if __name__ == "__main__":
    main(Mutant)
