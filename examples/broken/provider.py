#!/usr/bin/env python3
"""A provider with one mistake of the kind that reviews miss.

To spare the exchange it remembers the last credential in a file, keyed by the
registry. The credential belongs to one workload; the next workload gets it.
"""

import json
import os
import sys
import urllib.parse
import urllib.request
from pathlib import Path

API_VERSION = "credentialprovider.kubelet.k8s.io/v1"


def main() -> None:
    request = json.load(sys.stdin)
    if request["apiVersion"] != API_VERSION:
        sys.exit("unsupported apiVersion")
    host = request["image"].split("/")[0]
    remembered = Path(os.environ["HOME"]) / f"{host}.json"  # the mistake
    if remembered.exists():
        reply = json.loads(remembered.read_text())
    else:
        form = urllib.parse.urlencode(
            {
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                "subject_token": request["serviceAccountToken"],
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            }
        )
        with urllib.request.urlopen(os.environ["EXCHANGE_URL"], form.encode()) as answer:
            reply = json.load(answer)
        remembered.write_text(json.dumps(reply))
    auth = {host: {"username": reply["username"], "password": reply["access_token"]}}
    response = {
        "apiVersion": API_VERSION,
        "kind": "CredentialProviderResponse",
        "cacheKeyType": "Registry",
        "cacheDuration": "0s",
        "auth": auth,
    }
    print(json.dumps(response))


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # noqa: BLE001 - one line for the kubelet's log
        sys.exit(f"{type(error).__name__}")
