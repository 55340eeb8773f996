"""Keeps a trace of its requests where everybody can read it.

id: h2-trace-file
defect: D-H2
rule: S-12
check: H02, H03
setup: workload
"""

import tempfile
from pathlib import Path

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decode(self, data: bytes) -> Document:
        trace = Path(tempfile.gettempdir()) / "provider-trace.log"
        with trace.open("ab") as file:
            file.write(data)
        trace.chmod(0o644)
        return super().decode(data)


if __name__ == "__main__":
    main(Mutant)
