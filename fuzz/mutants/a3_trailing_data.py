"""Answers a request with something after its end.

id: a3-trailing-data
defect: D-A3
rule: K-075
check: A14
setup: workload
"""

import json

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def parse(self, data: bytes, what: str) -> Document:
        try:
            value = json.JSONDecoder().raw_decode(data.decode().lstrip())[0]
        except (ValueError, RecursionError):
            raise Refused(f"{what} is not JSON") from None
        return super().parse(json.dumps(value).encode(), what)


if __name__ == "__main__":
    main(Mutant)
