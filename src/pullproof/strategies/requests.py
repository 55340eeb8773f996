"""Requests: the kubelet's own, byte for byte, and named deviations.

Covers K-075 to K-079.
"""

import json
from collections.abc import Callable, Mapping

from hypothesis import strategies as st

from pullproof.model.provider import PROTOCOL_GROUP
from pullproof.model.request import Request, encode_request
from pullproof.strategies.deviation import Change, Deviation, deviations, drop, put, rename
from pullproof.strategies.images import images

V1 = f"{PROTOCOL_GROUP}/v1"
_TOKENS = st.from_regex(r"eyJ[A-Za-z0-9_-]{20,60}\.eyJ[A-Za-z0-9_-]{20,60}\.[A-Za-z0-9_-]{20,60}",
                        fullmatch=True)  # fmt: skip
_ANNOTATIONS = st.dictionaries(
    st.from_regex(r"(example\.com/)?[a-z]{1,12}(-[a-z]{1,5})?", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    max_size=3,
)


def request_values(*, tokens: bool = True) -> st.SearchStrategy[Request]:
    """Return requests as values; without `tokens` those of plain lookups."""
    if not tokens:
        return st.builds(Request, images())
    annotations = _ANNOTATIONS.map(lambda found: tuple(sorted(found.items())))
    return st.builds(Request, images(), st.just("") | _TOKENS, annotations)


def requests(api_version: str = V1, *, tokens: bool = True) -> st.SearchStrategy[bytes]:
    """Return stdin as the kubelet writes it, for providers of `api_version`."""
    return request_values(tokens=tokens).map(lambda value: encode_request(value, api_version))


def deviant_requests(api_version: str = V1) -> st.SearchStrategy[Deviation[bytes]]:
    """Return requests that no kubelet sends, each changed in one thing."""
    return deviations(requests(api_version), CHANGES)


def _document(change: Change) -> Callable[[bytes], bytes]:
    def apply(data: bytes) -> bytes:
        document = json.loads(data)
        change(document)
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"

    return apply


CHANGES: Mapping[str, Callable[[bytes], bytes]] = {
    "no bytes": lambda data: b"",
    "only white space": lambda data: b" \n\t\n",
    "cut in the middle": lambda data: data[: len(data) // 2],
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "second document": lambda data: data + data,
    "text behind": lambda data: data.rstrip(b"\n") + b" trailing\n",
    "JSON null": lambda data: b"null\n",
    "JSON list": lambda data: b"[" + data.rstrip(b"\n") + b"]\n",
    "JSON text": lambda data: json.dumps(data.decode("utf-8")).encode() + b"\n",
    "invalid UTF-8": lambda data: data.replace(b'"image":"', b'"image":"\xff', 1),
    "no image": _document(drop("image")),
    "image is empty": _document(put("", "image")),
    "image is null": _document(put(None, "image")),
    "image is a number": _document(put(5, "image")),
    "image is a list": _document(put(["a"], "image")),
    "image is spelled Image": _document(rename("Image", "image")),
    "no apiVersion": _document(drop("apiVersion")),
    "apiVersion of a later protocol": _document(put(f"{PROTOCOL_GROUP}/v2", "apiVersion")),
    "apiVersion of another group": _document(put("example.com/v1", "apiVersion")),
    "no kind": _document(drop("kind")),
    "kind of a response": _document(put("CredentialProviderResponse", "kind")),
    "token is a number": _document(put(7, "serviceAccountToken")),
    "annotations are a list": _document(put([], "serviceAccountAnnotations")),
}
"""Changes by name. What a provider must do with each is not said here."""
