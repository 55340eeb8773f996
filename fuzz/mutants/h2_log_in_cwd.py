"""Logs the token to a file in the working directory that all may read.

id: h2-log-in-cwd
defect: D-H2
rule: S-69
check: H02
setup: workload
"""

from pathlib import Path

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def token(self, request: Document) -> str:
        token = super().token(request)
        with Path("provider.log").open("a") as log:
            log.write(f"exchanging {token}\n")
        return token


if __name__ == "__main__":
    main(Mutant)
