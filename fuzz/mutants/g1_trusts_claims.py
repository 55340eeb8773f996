"""Remembers credentials by the claims of a token that nobody verified.

id: g1-trusts-claims
defect: D-G1
rule: S-16
check: K07, G13, G12
setup: workload
"""

import base64
import json
from pathlib import Path

from pullproof.fuzz.mutants.base import Credential, Provider, Refused, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        segment = token.split(".")[1] if token.count(".") == 2 else "e30"
        try:
            claims = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
            subject = str(claims.get("sub")).replace(":", "-").replace("/", "-")
        except (ValueError, AttributeError):
            raise Refused("the service account token is not a JWT") from None
        memo = Path.home() / f"{subject}.json"
        if memo.exists():
            return Credential(*json.loads(memo.read_text()))
        found = super().exchange(token)
        memo.write_text(json.dumps([found.username, found.password, found.life_s]))
        return found


if __name__ == "__main__":
    main(Mutant)
