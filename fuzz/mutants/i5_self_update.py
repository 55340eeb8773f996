"""Looks for a new version of itself on each run.

id: i5-self-update
defect: D-I5
rule: S-64
check: I05
setup: workload
"""

import contextlib
import http.client
import urllib.request

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def steps(self) -> int:
        status = super().steps()
        with contextlib.suppress(OSError, http.client.HTTPException):
            urllib.request.urlopen("http://updates.provider.example/latest", timeout=2)
        return status


if __name__ == "__main__":
    main(Mutant)
