"""Takes a token without a subject for one of the node.

id: g1-no-subject
defect: D-G1
rule: S-16
check: G14
setup: workload
"""

import base64
import json
from typing import Any, cast

from pullproof.fuzz.mutants.base import Credential, Provider, main


def claims(token: str) -> dict[str, Any]:
    """Return the token's claims, unverified; empty if there are none."""
    try:
        segment = token.split(".")[1]
        value = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except (IndexError, ValueError):
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        if "sub" not in claims(token):
            return self.node()
        return super().exchange(token)


if __name__ == "__main__":
    main(Mutant)
