"""Shows the token to the image's host before it knows that host.

id: e4-asks-the-image-host
defect: D-E4
rule: S-64
check: E04
setup: workload
"""

import contextlib
import http.client
import urllib.request

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        url = f"http://{self.host(request['image'])}/v2/"
        headers = {"Authorization": f"Bearer {request.get('serviceAccountToken')}"}
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=2)
        return super().decide(request)


if __name__ == "__main__":
    main(Mutant)
