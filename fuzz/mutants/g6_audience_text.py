"""Wants the audience of a token to be a text, where Kubernetes has a list.

id: g6-audience-text
defect: D-G6
rule: T-005
check: A00, G16
setup: workload
"""

import base64
import json

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def token(self, request: Document) -> str:
        token = super().token(request)
        segment = token.split(".")[1] if token.count(".") == 2 else "e30"
        try:
            claims = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
            if isinstance(claims["aud"], str):
                return token
        except (ValueError, LookupError, TypeError):
            pass
        raise Refused("the token has no audience")


if __name__ == "__main__":
    main(Mutant)
