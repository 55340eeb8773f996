"""Answers a version that it cannot know in one of its own.

id: b1-unknown-version
defect: D-B1
rule: K-090
check: B03
setup: workload
"""

from pullproof.fuzz.mutants.base import GROUP, Document, Provider, main


class Mutant(Provider):
    def check_version(self, request: Document) -> None:
        if not str(request.get("apiVersion")).startswith(f"{GROUP}/v1"):
            request["apiVersion"] = f"{GROUP}/v1"
        super().check_version(request)


if __name__ == "__main__":
    main(Mutant)
