"""Joins user name and password to one text.

id: c5-joined-entry
defect: D-C5
rule: K-091
check: C07
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def encode(self, response: Document) -> str:
        auth = response["auth"]
        response["auth"] = {key: ":".join(entry.values()) for key, entry in auth.items()}
        return super().encode(response)


if __name__ == "__main__":
    main(Mutant)
