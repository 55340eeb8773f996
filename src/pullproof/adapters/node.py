"""The node's credential endpoint, as a cloud's metadata service has one.

It answers whoever asks, and what it answers opens every served image. For a
provider that is meant to speak for workloads it is a canary: asking it at all
after a token was given is identity substitution (S-08, S-63).
"""

from pullproof.adapters.credentials import CredentialBook, Terms
from pullproof.adapters.faults import Outcome, Reply
from pullproof.adapters.http_request import Request

PATH = "/credential"
LIFETIME_S = 3600
_NO_STORE = (("Cache-Control", "no-store"),)


class NodeEndpoint:
    """Hands the node's credential to anybody on the node."""

    def __init__(self, book: CredentialBook) -> None:
        self._book = book

    def handle(self, request: Request, *, step: str, now: float, terms: Terms) -> Outcome:
        """Answer one request at the node's listener."""
        if request.path != PATH:
            return Outcome(Reply(404, {"error": "not_found"}, headers=_NO_STORE))
        if request.method != "GET":
            return Outcome(Reply(405, {"error": "invalid_request"}, headers=(("Allow", "GET"),)))
        lifetime = float(LIFETIME_S) if terms.lifetime_s is None else terms.lifetime_s
        minted = self._book.draft_node(step, now + lifetime, special=terms.special)
        document: dict[str, object] = {
            "username": minted.username,
            "password": minted.password,
            "expires_in": int(lifetime),
        }
        return Outcome(Reply(200, document, headers=_NO_STORE), subject="", minted=minted)
