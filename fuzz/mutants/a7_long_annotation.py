"""Hands annotations to a helper on its command line, which has room for little.

id: a7-long-annotation
defect: D-A7
rule: S-17
check: A12, A11
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        for key, value in (request.get("serviceAccountAnnotations") or {}).items():
            if len(value) > 4096:
                raise OSError(7, f"Argument list too long: {key}")
        return super().decide(request)


if __name__ == "__main__":
    main(Mutant)
