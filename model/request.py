"""The request, byte for byte as the kubelet writes it to a provider's stdin.

Source: K-075 to K-079; compared with the encoder of k8s.io/kubelet.
"""

from dataclasses import dataclass, field

from pullproof.model.gojson_strings import encode_string
from pullproof.model.provider import PROTOCOL_GROUP, PROTOCOL_VERSIONS

REQUEST_KIND = "CredentialProviderRequest"


class UnknownProtocolVersion(ValueError):
    """No such version of the exec protocol exists."""

    def __init__(self, api_version: str) -> None:
        known = ", ".join(f"{PROTOCOL_GROUP}/{version}" for version in PROTOCOL_VERSIONS)
        super().__init__(f"unknown apiVersion {api_version!r}; there are: {known}")
        self.api_version = api_version


@dataclass(frozen=True, slots=True)
class Request:
    """All that a provider is ever told (K-079)."""

    image: str
    """Repo name: no tag, no digest (K-070)."""
    service_account_token: str = field(default="", repr=False)
    service_account_annotations: tuple[tuple[str, str], ...] = ()
    """The selected ones (K-103), keys unique, in any order."""


def encode_request(request: Request, api_version: str) -> bytes:
    """Return the bytes on stdin, with the one newline at their end.

    The versions before v1 have no service account fields; they are dropped
    without a word (K-012). Empty ones are left out (K-076).

    Raises:
        UnknownProtocolVersion: `api_version` is none of the three.

    Source: K-075, K-076, K-077.
    """
    group, _, version = api_version.partition("/")
    if group != PROTOCOL_GROUP or version not in PROTOCOL_VERSIONS:
        raise UnknownProtocolVersion(api_version)
    members = [
        ("kind", encode_string(REQUEST_KIND)),
        ("apiVersion", encode_string(api_version)),
        ("image", encode_string(request.image)),
    ]
    if version == "v1":
        members += _service_account_members(request)
    body = ",".join(f"{encode_string(name)}:{text}" for name, text in members)
    return f"{{{body}}}\n".encode()


def _service_account_members(request: Request) -> list[tuple[str, str]]:
    members: list[tuple[str, str]] = []
    if request.service_account_token:
        members.append(("serviceAccountToken", encode_string(request.service_account_token)))
    if request.service_account_annotations:
        pairs = sorted(request.service_account_annotations, key=lambda pair: _bytes(pair[0]))
        texts = (f"{encode_string(key)}:{encode_string(value)}" for key, value in pairs)
        members.append(("serviceAccountAnnotations", f"{{{','.join(texts)}}}"))
    return members


def _bytes(text: str) -> bytes:
    """Return Go's view of a string: its order is that of its bytes (K-077)."""
    return text.encode("utf-8", "surrogateescape")
