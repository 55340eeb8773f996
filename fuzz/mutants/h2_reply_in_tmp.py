"""Leaves the credential in a temporary file.

id: h2-reply-in-tmp
defect: D-H2
rule: S-69
check: H03
setup: workload
"""

import tempfile

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def encode(self, response: Document) -> str:
        text = super().encode(response)
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
            file.write(text)
        return text


if __name__ == "__main__":
    main(Mutant)
