"""Lets a file in the working directory choose the exchange.

id: i10-config-in-cwd
defect: D-I10
rule: S-64
check: I10
setup: workload
"""

import json
from pathlib import Path

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def exchange_url(self, token: str) -> str:
        for name in ("config.json", "provider.json"):
            if Path(name).exists():
                return str(json.loads(Path(name).read_text()).get("exchange_url", ""))
        return super().exchange_url(token)


if __name__ == "__main__":
    main(Mutant)
