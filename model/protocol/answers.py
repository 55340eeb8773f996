"""What a provider may answer: compliant ways, and faults by name.

The machine treats a provider as a box that picks one of its named answers.
An answer says what the box does with the token, what it writes to stdout, and
whether a compliant provider could have done so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

Source = Literal["exchange", "outage", "node", "echo", "none", "fail"]
KeyShape = Literal["host", "repo", "wide", "other", "both", "hub", "no-port", "prefix"]
Duration = Literal["zero", "nil", "contained", "short", "long", "negative"]
Defect = Literal["", "version", "unknown-field", "kind", "exit"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One way to answer a request."""

    name: str
    source: Source
    """`exchange`: what the exchange mints for the token. `outage`: the
    exchange is out of reach. `node`: the node's credential. `echo`: the token
    as password. `none`: empty `auth`. `fail`: exit status 1, no stdout."""
    cache_key_type: str = "Registry"
    duration: Duration = "contained"
    """`contained`: as long as the credential lives. `short`: one tick."""
    auth_key: KeyShape = "host"
    defect: Defect = ""
    """What is wrong with the document or its delivery."""
    fault: bool = False
    """No compliant provider does this."""

    @property
    def needs_token(self) -> bool:
        return self.source in ("exchange", "outage", "echo")


_COMPLIANT = (
    Answer("image", "exchange", "Image"),
    Answer("registry", "exchange", "Registry"),
    Answer("global", "exchange", "Global"),
    Answer("image-once", "exchange", "Image", "zero"),
    Answer("registry-default", "exchange", "Registry", "nil"),
    Answer("registry-short", "exchange", "Registry", "short"),
    Answer("image-path", "exchange", "Image", auth_key="repo"),
    Answer("registry-path", "exchange", "Registry", auth_key="repo"),
    Answer("outage", "outage"),
    Answer("pass-through", "echo", "Registry"),
    Answer("pass-through-image", "echo", "Image"),
    Answer("pass-through-once", "echo", "Registry", "zero"),
    Answer("node-image", "node", "Image", "short"),
    Answer("node-registry", "node", "Registry", "short"),
    Answer("node-global", "node", "Global", "short", "both"),
    Answer("node-default", "node", "Registry", "nil"),
    Answer("node-once", "node", "Registry", "zero"),
    Answer("node-hub", "node", "Registry", "short", "hub"),
    Answer("node-path", "node", "Image", "short", "repo"),
    Answer("node-prefix", "node", "Registry", "short", "prefix"),
    Answer("empty", "none", "Image", "short"),
    Answer("empty-registry", "none", "Registry", "short"),
    Answer("fails", "fail"),
)
_FAULTY = (
    Answer("echo", "echo", "Registry", "short"),
    Answer("echo-once", "echo", "Registry", "zero"),
    Answer("wrong-version", "exchange", defect="version"),
    Answer("unknown-field", "exchange", defect="unknown-field"),
    Answer("wrong-kind", "exchange", defect="kind"),
    Answer("answer-and-exit-1", "exchange", defect="exit"),
    Answer("no-cache-key-type", "exchange", ""),
    Answer("service-account-key-type", "exchange", "ServiceAccount"),
    Answer("node-wrong-version", "node", duration="short", defect="version"),
    Answer("node-unknown-field", "node", duration="short", defect="unknown-field"),
    Answer("node-wrong-kind", "node", duration="short", defect="kind"),
    Answer("node-and-exit-1", "node", duration="short", defect="exit"),
    Answer("node-no-cache-key-type", "node", "", "short"),
    Answer("node-service-account-key-type", "node", "ServiceAccount", "short"),
    Answer("long", "exchange", duration="long"),
    Answer("negative", "exchange", duration="negative"),
    Answer("node-negative", "node", duration="negative"),
    Answer("other-registry", "exchange", auth_key="other"),
    Answer("both-registries", "exchange", auth_key="both"),
    Answer("global-both", "exchange", "Global", auth_key="both"),
    Answer("wide-key", "exchange", auth_key="wide"),
    Answer("no-port", "exchange", auth_key="no-port"),
    Answer("node-substitute", "node", duration="short"),
    Answer("empty-success", "none", "Registry", "short"),
)

ANSWERS: Mapping[str, Answer] = MappingProxyType(
    {answer.name: answer for answer in _COMPLIANT}
    | {answer.name: replace(answer, fault=True) for answer in _FAULTY}
)
"""Every answer by name."""
