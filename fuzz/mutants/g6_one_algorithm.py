"""Refuses tokens that are not signed with RS256.

id: g6-one-algorithm
defect: D-G6
rule: T-005
check: G16
setup: workload
"""

import base64
import json
from typing import Any, cast

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def token(self, request: Document) -> str:
        token = super().token(request)
        segment = token.split(".")[0]
        try:
            header: Any = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
        except ValueError:
            raise Refused("the service account token is not a JWT") from None
        if not isinstance(header, dict) or cast("Document", header).get("alg") != "RS256":
            raise Refused("the service account token has an unknown algorithm")
        return token


if __name__ == "__main__":
    main(Mutant)
