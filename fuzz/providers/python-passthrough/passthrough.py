"""A kubelet image credential provider whose password is the token itself.

For registries that take service account tokens directly. The kubelet must be
told so (`cacheType: Token`), else it refuses an echoed token (K-094). Nothing
is cached: a token is as cheap to pass on as to look up.

    passthrough.py REGISTRY [REGISTRY…]
"""

import json
import sys
from collections.abc import Sequence
from typing import Any, cast

VERSION = "credentialprovider.kubelet.k8s.io/v1"


class Refused(Exception):
    """There is no answer; the text tells why and holds no secret."""


def answer(request: dict[str, Any], registries: Sequence[str]) -> dict[str, Any]:
    """Return the response to `request`.

    Raises:
        Refused: the request is not one this provider can answer.
    """
    image, token = request.get("image"), request.get("serviceAccountToken")
    if request.get("apiVersion") != VERSION or request.get("kind") != "CredentialProviderRequest":
        raise Refused(f"the request is not a CredentialProviderRequest of {VERSION}")
    if not isinstance(image, str) or not image:
        raise Refused("the request has no image")
    auth: dict[str, dict[str, str]] = {}
    host = image.split("/")[0]
    if host in registries:
        if not isinstance(token, str) or not token:
            raise Refused("the request has no service account token")
        auth[host] = {"username": "serviceaccount", "password": token}
    return {
        "apiVersion": VERSION,
        "kind": "CredentialProviderResponse",
        "cacheKeyType": "Image",
        "cacheDuration": "0",
        "auth": auth,
    }


def main() -> int:
    try:
        request: Any = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    except (ValueError, RecursionError):
        print("passthrough: the request is not JSON", file=sys.stderr)
        return 1
    try:
        if not isinstance(request, dict):
            raise Refused("the request is not a JSON object")
        response = answer(cast("dict[str, Any]", request), sys.argv[1:])
    except Refused as error:
        print(f"passthrough: {error}", file=sys.stderr)
        return 1
    print(json.dumps(response))
    return 0


if __name__ == "__main__":
    sys.exit(main())
