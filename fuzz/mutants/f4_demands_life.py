"""Refuses a token that has less than ten minutes left.

id: f4-demands-life
defect: D-F4
rule: T-046
check: G17
setup: workload
"""

import base64
import json
import time

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def token(self, request: Document) -> str:
        token = super().token(request)
        segment = token.split(".")[1] if token.count(".") == 2 else "e30"
        try:
            claims = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
            left_s = float(claims.get("exp", 0)) - time.time()
        except (ValueError, TypeError, AttributeError):
            raise Refused("the service account token is not a JWT") from None
        if left_s < 600:
            raise Refused("the service account token is about to expire")
        return token


if __name__ == "__main__":
    main(Mutant)
