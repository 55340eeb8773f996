"""Subtracts a fixed time from what a token has left.

id: f9-short-token
defect: D-F9
rule: S-04
check: F14
setup: workload
deep: the token has less than two minutes left
"""

import base64
import json
import time
from typing import Any, cast

from pullproof.fuzz.mutants.base import Credential, Provider, main


def claims_of(token: str) -> dict[str, Any]:
    """Return what the token says of itself; empty if that cannot be read."""
    try:
        segment = token.split(".")[1]
        found: Any = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except (ValueError, IndexError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        found = super().exchange(token)
        self.left_s = int(claims_of(token).get("exp", 0) - time.time())
        return found

    def cache(self, credential: Credential) -> str | None:
        return f"{min(credential.life_s, self.left_s) - 120}s"


if __name__ == "__main__":
    main(Mutant)
