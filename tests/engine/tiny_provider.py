#!/usr/bin/env python3
"""A small node-identity provider with a fault that can be chosen: `--fault NAME`."""

import json
import sys


def main() -> int:
    fault = sys.argv[sys.argv.index("--fault") + 1] if "--fault" in sys.argv else ""
    try:
        request = json.loads(sys.stdin.buffer.read().decode("utf-8"))
        image, version = request["image"], request["apiVersion"]
        if (
            not isinstance(image, str)
            or not image
            or request["kind"] != "CredentialProviderRequest"
        ):
            raise ValueError("this is no request")
        if version != "credentialprovider.kubelet.k8s.io/v1":
            raise ValueError("only v1 is spoken here")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if fault == "crash":
            raise
        print(f"refused: {error}", file=sys.stderr)
        return 1
    auth = {}
    if image.startswith("registry.example/"):
        auth = {image: {"username": "node", "password": "a-fixed-password"}}
    if fault == "trailing-text":
        print("Login Succeeded")
    answer = {
        "kind": "CredentialProviderResponse",
        "apiVersion": version,
        "cacheKeyType": "image" if fault == "cache-key-type" else "Image",
        "cacheDuration": "5m0s",
        "auth": auth,
    }
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
