"""Speaks the oracle's protocol without a kubelet, and misbehaves on request."""

import json
import os
import sys
import time


def main() -> None:
    print(json.dumps({"kubernetes": "0", "directory": "/nowhere"}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        match request["op"]:
            case "echo":
                answer: dict[str, object] = {"id": request["id"], "results": request["inputs"]}
            case "environment":
                names = ("PULLPROOF_ORACLE", "PULLPROOF_ORACLE_GATES")
                answer = {"id": request["id"], "results": [{n: os.environ[n] for n in names}]}
            case "refuse":
                answer = {"id": request["id"], "error": "no such op"}
            case "other-id":
                answer = {"id": -1, "results": []}
            case "nonsense":
                print("PASS", flush=True)
                continue
            case "hang":
                time.sleep(60)
                continue
            case _:
                print("the last words", file=sys.stderr, flush=True)
                sys.exit(3)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
