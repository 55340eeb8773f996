"""Writes the credential to docker's file and answers with nothing, cached.

id: f7-docker-file
defect: D-F7
rule: K-107
check: F15
setup: workload
"""

import json
from pathlib import Path

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        file = Path.home() / ".docker" / "config.json"
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.write_text(json.dumps({"auths": auth}))
        return super().answer(request, {}, duration)


if __name__ == "__main__":
    main(Mutant)
