"""A kubelet image credential provider with one credential for the whole node.

It asks a metadata endpoint and ignores tokens. Its answer does not depend on
the image, so it may say `Global`: the kubelet then asks once for all images.

Environment: NODE_URL (http on loopback or link-local, or https), NODE_REGISTRIES.
"""

import http.client
import ipaddress
import json
import os
import sys
import threading
import urllib.parse
from typing import Any, cast

GROUP = "credentialprovider.kubelet.k8s.io"
MAX_BYTES = 1024 * 1024
MARGIN_S = 60


class Refused(Exception):
    """There is no answer; the text tells why and holds no secret."""


def document(data: bytes, what: str) -> dict[str, Any]:
    if len(data) > 4 * MAX_BYTES:
        raise Refused(f"{what} is too large")
    try:
        value: Any = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused(f"{what} is not JSON") from None
    if not isinstance(value, dict):
        raise Refused(f"{what} is not a JSON object")
    return cast("dict[str, Any]", value)


def is_local(host: str) -> bool:
    """Return whether plain HTTP to `host` stays on this machine or link."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_link_local


def metadata(url: str) -> dict[str, Any]:
    """Return the endpoint's reply."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not is_local(host):
        raise Refused("NODE_URL is neither https nor local")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(host, parts.port, timeout=5)
    try:
        connection.request("GET", parts.path or "/", headers={"Accept": "application/json"})
        reply = connection.getresponse()
        data = reply.read(MAX_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise Refused(f"the metadata endpoint: {type(error).__name__}") from None
    finally:
        connection.close()
    if reply.status != 200:
        raise Refused(f"the metadata endpoint answered with status {reply.status}")
    return document(data, "the metadata endpoint's reply")


def answer(request: dict[str, Any]) -> dict[str, Any]:
    version = request.get("apiVersion")
    if version not in (f"{GROUP}/v1", f"{GROUP}/v1beta1"):
        raise Refused("the request's apiVersion is neither v1 nor v1beta1")
    if request.get("kind") != "CredentialProviderRequest":
        raise Refused("the request's kind is not CredentialProviderRequest")
    if not isinstance(request.get("image"), str) or not request["image"]:
        raise Refused("the request has no image")
    reply = metadata(os.environ.get("NODE_URL", ""))
    username, password = reply.get("username"), reply.get("password")
    life_s = reply.get("expires_in")
    if not isinstance(username, str) or not isinstance(password, str) or not password:
        raise Refused("the metadata endpoint's reply has no usable credential")
    if life_s is not None and (type(life_s) is not int or life_s <= 0):
        raise Refused("the metadata endpoint's reply has no usable expires_in")
    duration_s = max(0, min(life_s or 0, 86400) - MARGIN_S)
    minutes, seconds = divmod(duration_s, 60)
    registries = os.environ.get("NODE_REGISTRIES", "").split()
    return {
        "apiVersion": version,
        "kind": "CredentialProviderResponse",
        "cacheKeyType": "Global",
        "cacheDuration": f"{minutes}m{seconds}s",
        "auth": {name: {"username": username, "password": password} for name in registries},
    }


def give_up() -> None:
    os.write(2, b"node: gave up after 15 seconds\n")
    os._exit(1)


def main() -> int:
    watchdog = threading.Timer(15, give_up)
    watchdog.daemon = True
    watchdog.start()
    try:
        response = answer(document(sys.stdin.buffer.read(4 * MAX_BYTES + 1), "the request"))
    except Refused as error:
        print(f"node: {error}", file=sys.stderr)
        return 1
    json.dump(response, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
