"""Prints its errors as JSON to stdout when it fails.

id: c6-error-document
defect: D-C6
rule: S-13
check: I11
setup: workload
"""

import json

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def on_refused(self, error: Refused) -> int:
        self.emit(json.dumps({"error": str(error)}))
        return super().on_refused(error)


if __name__ == "__main__":
    main(Mutant)
