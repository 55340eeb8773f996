"""Hosts that nobody was told to use: the canary and the forward proxy.

Both refuse everything. What counts is that somebody came, and with what
(E-037). The proxy is in the provider's environment, so that whatever wants to
leave loopback and respects the variables ends here and not in the world.
"""

from pullproof.adapters.faults import Outcome, Reply
from pullproof.adapters.http_request import Request

_PLAIN = "text/plain; charset=utf-8"


def handle_canary(request: Request) -> Outcome:
    """Answer at the canary: there is nothing here."""
    return Outcome(Reply(404, body=b"there is nothing here\n", content_type=_PLAIN))


def handle_proxy(request: Request) -> Outcome:
    """Answer at the proxy: nothing leaves this machine."""
    return Outcome(Reply(403, body=b"nothing leaves loopback\n", content_type=_PLAIN))
