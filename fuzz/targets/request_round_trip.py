#!/usr/bin/env python3
r"""What the kubelet writes to stdin says what it was told, in one line and one spelling.

Input, separated by NUL: image, token, then annotation keys and values in turn.
Python's parser and our scanner read back what was encoded; keys come sorted by
their bytes; nothing stands in the text that HTML or JavaScript would trip over;
versions before v1 say nothing of accounts.

Source: K-075 to K-079.
"""

import json
from collections.abc import Iterator
from typing import Any

from pullproof.corpus.cases import cases
from pullproof.model.gojson import JsonObject, scan
from pullproof.model.provider import PROTOCOL_GROUP
from pullproof.model.request import Request, encode_request

_V1 = f"{PROTOCOL_GROUP}/v1"
_FORBIDDEN = "<>&\u2028\u2029"


def check(data: bytes) -> None:
    """Encode the request that `data` stands for."""
    image, token, *rest = [*data.decode("utf-8", "replace").split("\0"), "", ""]
    annotations = dict(zip(rest[::2], rest[1::2], strict=False))
    annotations.pop("", None)
    request = Request(image, token, tuple(annotations.items()))
    encoded = encode_request(request, _V1)
    assert encoded.endswith(b"}\n"), "no newline at the end"
    assert encoded.count(b"\n") == 1, "more than one line"
    assert not any(char in encoded.decode() for char in _FORBIDDEN), "an unescaped character"
    expected: dict[str, Any] = {
        "kind": "CredentialProviderRequest",
        "apiVersion": _V1,
        "image": image,
    }
    older = {**expected, "apiVersion": f"{PROTOCOL_GROUP}/v1beta1"}
    if token:
        expected["serviceAccountToken"] = token
    if annotations:
        expected["serviceAccountAnnotations"] = annotations
    found = json.loads(encoded)
    assert found == expected, "Python reads something else"
    assert list(found) == list(expected), "another order of members"
    keys = list(found.get("serviceAccountAnnotations", ()))
    assert keys == sorted(keys, key=lambda key: key.encode()), "annotations are not sorted"
    assert encode_request(request, older["apiVersion"]) == _plain(older), "an older version"
    scanned = scan(encoded)
    assert isinstance(scanned, JsonObject), "no object"
    assert [member.name for member in scanned.members] == list(expected), "our scanner differs"


def from_corpus() -> Iterator[bytes]:
    """Yield the requests of the corpus."""
    for case in cases("wire/requests"):
        parts = [case.input["image"], case.input.get("serviceAccountToken", "")]
        annotations: dict[str, str] = case.input.get("serviceAccountAnnotations") or {}
        for pair in annotations.items():
            parts += pair
        yield "\0".join(map(str, parts)).encode("utf-8", "replace")
    for case in cases("wire/strings"):
        yield case.input_bytes("bytes")


def _plain(document: dict[str, Any]) -> bytes:
    """Return the request of an older version, by Python's encoder and Go's escapes."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    for char in _FORBIDDEN:
        text = text.replace(char, f"\\u{ord(char):04x}")
    return f"{text}\n".encode()


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
