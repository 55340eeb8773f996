"""Reports a failure as an object with a member `error`.

id: c3-error-member
defect: D-C3
rule: K-090
check: C03
setup: workload
"""

import json

from pullproof.fuzz.mutants.base import Provider, Refused, main


class Mutant(Provider):
    def on_refused(self, error: Refused) -> int:
        self.emit(json.dumps({"error": str(error)}))
        return 0


if __name__ == "__main__":
    main(Mutant)
